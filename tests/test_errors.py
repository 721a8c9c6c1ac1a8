"""A refusal is one sentence that helps."""

import doctest
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis import errors
from kinesis.errors import KinesisError, UnknownName, nearest


def test_docstring_examples_run() -> None:
    assert doctest.testmod(errors).failed == 0


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (["soleus_l", "tibant_l"], "there is no muscle 'soleus'; did you mean soleus_l?"),
        (["psoas_l", "psoas_r"], "there is no muscle 'soleus'; known are psoas_l and psoas_r."),
        (
            [f"m{i}" for i in range(10)],
            "there is no muscle 'soleus'; known are m0, m1, m2, m3, m4, m5, m6, m7 and 2 more.",
        ),
        (["psoas_l"], "there is no muscle 'soleus'; known is psoas_l."),
        ([], "there is no muscle 'soleus'; none is known."),
    ],
)
def test_unknown_name_says_what_is_known(known: list[str], sentence: str) -> None:
    assert str(KinesisError.unknown("muscle", "soleus", known)) == sentence


def test_nearest_ignores_letter_case_and_keeps_the_spelling() -> None:
    assert nearest("SOLEUS_R", ["Soleus_R", "tibant_r"]) == ["Soleus_R"]


@given(st.text(), st.text(), st.text())
def test_a_refusal_is_one_line(where: str, got: str, expected: str) -> None:
    error = KinesisError("no", where="file", got=f"{where}\n{got}", expected=expected * 100)
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 300


def test_refusals_cross_process_borders() -> None:
    error = pickle.loads(pickle.dumps(KinesisError.unknown("verb", "dmo", ["demo"], where="here")))
    assert isinstance(error, UnknownName)
    assert str(error) == "here: there is no verb 'dmo'; did you mean demo?"
