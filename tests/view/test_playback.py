from dataclasses import replace

import numpy as np
import pytest

from kinesis.body import load
from kinesis.errors import KinesisError
from kinesis.view import write_page
from kinesis.view.playback import check_playback

NAN_AT_7 = np.where(np.arange(500)[:, None] == 7, np.nan, np.zeros((500, 35)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rate_hz": 0.0}, "not a frame rate; got 0.0"),
        ({"rate_hz": np.nan}, "not a frame rate; got nan"),
        ({"qpos": np.zeros((1, 35))}, "not a motion"),
        ({"qpos": np.zeros((500, 30))}, "qpos has the wrong shape; got (500, 30), expected (500, 35)"),
        ({"qpos": NAN_AT_7}, "frame 7: qpos is not finite; got nan"),
        ({"reference": np.zeros((499, 35))}, "reference has the wrong shape; got (499, 35), expected (500, 35)"),
        ({"activation": np.zeros((500, 14))}, "activation has the wrong shape"),
        ({"activation": np.full((500, 80), 1.33)}, "activation is out of range; got 1.33 to 1.33, expected 0 to 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(body, playbacks, change, sentence):
    with pytest.raises(KinesisError) as caught:
        check_playback(body, replace(playbacks[0], **change))
    assert sentence in str(caught.value)
    assert "Walking at 0.8 m/s" in str(caught.value)


def test_a_body_without_muscles_takes_no_activation(playbacks):
    torques = load("legs80_torque")
    lagged = replace(playbacks[0], activation=np.zeros((500, torques.model.nu)))
    with pytest.raises(KinesisError, match="without muscles"):
        check_playback(torques, lagged)


def test_a_page_of_nothing_is_refused(body, tmp_path):
    with pytest.raises(KinesisError, match="at least one playback"):
        write_page(tmp_path / "empty.html", body, [])
    assert not (tmp_path / "empty.html").exists()
