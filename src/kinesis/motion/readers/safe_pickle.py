"""Pickles of strangers, read without running anything: numbers, words, lists, dictionaries and numpy arrays only.

A pickle is a program; `pickle.load` would run it. Here every name that it asks for is looked up in a short
table of harmless stand-ins of this module, and everything else is refused before it is touched. The layout
of joblib, in which an array's bytes stand between the instructions, is read too, compressed or not.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from kinesis.errors import KinesisError
from kinesis.motion.readers.stream import LARGEST_BYTES

_NUMERIC = "biufSU"
_LARGEST_ITEM_BYTES = 100_000
_ZLIB_MAGICS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_GZIP_MAGIC = b"\x1f\x8b"
_FAULTS = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, MemoryError,
    AssertionError, RecursionError, SystemError, struct.error, zlib.error,
)  # fmt: skip
"""What the interpreter of pickles raises over instructions that make no sense."""


def load_pickle(path: Path) -> Any:
    """What a pickle or joblib file holds; see `load_pickled`.

    Raises:
        KinesisError: as `load_pickled`, and for a file that cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KinesisError("the file cannot be read", where=str(path), got=error) from None
    return load_pickled(content, str(path))


def load_pickled(content: bytes, where: str) -> Any:
    """The object that pickled bytes, compressed by zlib or gzip or not, describe; nothing in them is run.

    Raises:
        KinesisError: for names other than those of numpy's arrays, and for what is damaged or too large.
    """
    try:
        return _Reader(io.BytesIO(_plain(content))).load()
    except KinesisError as error:
        raise KinesisError(str(error), where=where) from None
    except _FAULTS as error:
        raise KinesisError("the pickle is damaged", where=where, got=str(error) or type(error).__name__) from None


def is_pickled(head: bytes) -> bool:
    """Whether the first bytes of a file, decompressed, are those of a pickle of protocol 2 or later."""
    return len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= pickle.HIGHEST_PROTOCOL


def decompressed_head(head: bytes) -> bytes:
    """The beginning of what the beginning of a file, perhaps compressed by zlib or gzip, holds."""
    if not head.startswith((_GZIP_MAGIC, *_ZLIB_MAGICS)):
        return head
    try:
        return zlib.decompressobj(wbits=47).decompress(head, 4096)
    except zlib.error:
        return b""


def _plain(content: bytes) -> bytes:
    if not content.startswith((_GZIP_MAGIC, *_ZLIB_MAGICS)):
        return content
    unpacking = zlib.decompressobj(wbits=47)  # either header, zlib's or gzip's
    plain = unpacking.decompress(content, LARGEST_BYTES)
    if unpacking.unconsumed_tail:
        expected = f"{LARGEST_BYTES / 1e9:g} GB at the most"
        raise KinesisError("the file is too large once it is unpacked", expected=expected)
    return plain


class _Dtype:
    """Stands in for a numpy dtype: a kind of number or word, and its byte order."""

    def __init__(self, spec: str = "", *_: object) -> None:
        self.dtype = np.dtype(str(spec))
        if self.dtype.kind not in (*_NUMERIC, "O") or self.dtype.itemsize > _LARGEST_ITEM_BYTES:
            raise ValueError(f"an array of {spec}")

    def __setstate__(self, state: tuple) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">") and self.dtype.kind != "O":
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array(np.ndarray):
    """A numpy array that checks the state which a pickle gives it."""

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, in_columns, content = state
        dtype, count = _dtype(kind), _count(shape)
        fits = count * (1 if dtype.hasobject else dtype.itemsize)
        if type(content) is not (list if dtype.hasobject else bytes) or len(content) != fits:
            raise ValueError("an array does not fit its shape")
        super().__setstate__((1, shape, dtype, bool(in_columns), content))  # type: ignore[arg-type]


class _Wrapper:
    """Stands in for joblib's NumpyArrayWrapper: announces an array whose bytes follow in the file."""

    def __setstate__(self, state: dict) -> None:
        self.shape, self.dtype = state["shape"], _dtype(state["dtype"])
        self.order: Literal["F", "C"] = "F" if state["order"] == "F" else "C"
        self.is_aligned = state.get("numpy_array_alignment_bytes") is not None

    def array(self, file: io.BytesIO) -> np.ndarray:
        """The array whose bytes stand at the place that the file has come to."""
        if self.is_aligned:
            file.seek(file.read(1)[0], io.SEEK_CUR)
        content = file.read(_count(self.shape) * self.dtype.itemsize)
        return _array(content, self.dtype, self.shape, self.order)


class _Ignored:
    """Stands in for what may stand beside the arrays but is not read (torch's tensors); takes and does nothing."""

    def __new__(cls, *_: object) -> _Ignored:
        """Whatever it is called with."""
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Whatever it is given."""


def _count(shape: object) -> int:
    """Numbers in an array of that shape."""
    if type(shape) is not tuple or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError("an array has no shape")
    return math.prod(shape)


def _dtype(kind: object) -> np.dtype:
    if type(kind) is not _Dtype:
        raise ValueError("an array has no type")
    return kind.dtype


def _array(content: object, dtype: np.dtype, shape: object, order: Literal["F", "C"]) -> np.ndarray:
    """A copy of bytes as an array; they must fit it."""
    if dtype.hasobject or type(content) not in (bytes, bytearray) or len(content) != _count(shape) * dtype.itemsize:  # type: ignore[arg-type]
        raise ValueError("an array does not fit its shape")
    return np.frombuffer(content, dtype).reshape(shape, order=order).copy()  # type: ignore[call-overload]


def _reconstruct(*_: object) -> _Array:
    """Numpy's way of announcing an array; it is filled when its state comes."""
    return _Array.__new__(_Array, (0,), np.uint8)


def _scalar(kind: object, content: object = b"") -> Any:
    """One number, as numpy writes those of its own types."""
    return _array(content, _dtype(kind), (1,), "C")[0]


def _frombuffer(content: object, kind: object, shape: object, order: object) -> np.ndarray:
    """An array as numpy writes it since protocol 5."""
    return _array(content, _dtype(kind), shape, "F" if order == "F" else "C")


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if type(text) is not str or encoding != "latin1":
        raise ValueError("words in an unknown code")
    return text.encode("latin1")


_ARRAYS = {"_reconstruct": _reconstruct, "scalar": _scalar}
_TENSORS = {
    "torch": ("FloatStorage", "DoubleStorage", "LongStorage", "Size", "device"),
    "torch._utils": ("_rebuild_tensor", "_rebuild_tensor_v2"),
    "torch.storage": ("_load_from_bytes", "UntypedStorage", "TypedStorage"),
}
_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): "the class of arrays, which is only named",
    ("numpy", "dtype"): _Dtype,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _Wrapper,
    ("collections", "OrderedDict"): lambda *_: OrderedDict(),
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): lambda *_: b"",  # how protocol 2 writes no bytes
    **{(f"numpy.{core}.multiarray", name): made for core in ("core", "_core") for name, made in _ARRAYS.items()},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _frombuffer for core in ("core", "_core")},
    **{(module, name): _Ignored for module, names in _TENSORS.items() for name in names},
}
_INSTRUCTIONS = """
    PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT
    BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 EMPTY_LIST APPEND APPENDS
    EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT SETITEM SETITEMS BINPUT LONG_BINPUT BINGET LONG_BINGET
    MEMOIZE GLOBAL STACK_GLOBAL REDUCE NEWOBJ BUILD
"""
"""Without sets, extensions, classic classes, and numbers of more than 600 digits."""

_PythonUnpickler: Any = vars(pickle)["_Unpickler"]
"""The interpreter in Python itself: the one in C neither shows its place in the file nor its stack."""


class _Reader(_PythonUnpickler):
    """Python's own interpreter of pickles, with few of its instructions and none of the world's names."""

    dispatch: ClassVar[dict[int, Any]] = {
        code: _PythonUnpickler.dispatch[code] for code in (getattr(pickle, name)[0] for name in _INSTRUCTIONS.split())
    }

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._file = file

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for a name; in place of importing it."""
        if (module, name) not in _STAND_INS:
            raise KinesisError(
                "the pickle asks for more than numbers",
                got=f"{module}.{name}",
                expected="numpy arrays, lists and words",
            )
        return _STAND_INS[module, name]

    def load_build(self) -> None:
        """Give an object its state: only to stand-ins; an announced array is read from the file at once."""
        stack: list[Any] = self.stack
        state, made = stack.pop(), stack[-1]
        if type(made) not in (_Dtype, _Array, _Wrapper, _Ignored):
            raise pickle.UnpicklingError("it gives a state to what has none")
        made.__setstate__(state)
        if type(made) is _Wrapper:
            stack[-1] = made.array(self._file)

    def load_setitems(self) -> None:
        """Fill a dictionary."""
        items = self.pop_mark()
        _fill(self.stack[-1], items)

    def load_setitem(self) -> None:
        """Put one entry into a dictionary."""
        value, key = self.stack.pop(), self.stack.pop()
        _fill(self.stack[-1], [key, value])

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems


def _fill(target: object, items: list[Any]) -> None:
    """Keys are plain: to look up one that is nested deeply can end the process."""
    if not isinstance(target, dict) or not all(type(key) in (str, bytes, int, float) for key in items[::2]):
        raise pickle.UnpicklingError("it fills what is no dictionary of names")
    target.update(zip(items[::2], items[1::2], strict=True))
