"""The Gymnasium vector environment: registered, checked, repeatable."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

MAKE = "kinesis.task.gym:kinesis/Imitate-v0"


@pytest.fixture(scope="module")
def envs():
    return gymnasium.make_vec(MAKE, num_envs=3, motions="builtin:walk@1.2")


def test_it_is_a_vector_environment(envs):
    assert envs.num_envs == 3
    assert envs.single_action_space.shape == (80,)
    observation, _ = envs.reset(seed=1)
    assert observation in envs.observation_space
    for _ in range(3):
        observation, reward, terminated, truncated, _ = envs.step(envs.action_space.sample())
        assert observation in envs.observation_space
        assert reward.shape == terminated.shape == truncated.shape == (3,)
        assert terminated.dtype == truncated.dtype == np.bool_


def test_a_seed_repeats_a_run(envs):
    runs = []
    for _ in range(2):
        observation, _ = envs.reset(seed=5)
        rng = np.random.default_rng(0)
        for _ in range(25):
            observation, reward, *_ = envs.step(rng.uniform(0, 0.3, (3, 80)).astype(np.float32))
        runs.append((observation, reward))
    assert data_equivalence(*runs)


def test_what_ended_starts_anew_in_the_next_step(envs):
    envs.reset(seed=0)
    ended = np.zeros(3, bool)
    for _ in range(80):
        before = ended
        _, reward, terminated, truncated, _ = envs.step(np.zeros((3, 80), np.float32))
        ended = terminated | truncated
        assert not (before & ended).any()
        assert (reward[before] == 0).all()
    assert envs.env.age.max() < 80


def test_gymnasiums_own_wrapper_counts_its_episodes():
    """Gymnasium has a checker for single environments only; its statistics wrapper reads the whole vector contract."""
    from gymnasium.wrappers.vector import RecordEpisodeStatistics

    counted = RecordEpisodeStatistics(gymnasium.make_vec(MAKE, num_envs=2, motions="builtin:walk@1.2"))
    counted.reset(seed=0)
    for _ in range(60):
        counted.step(np.zeros((2, 80), np.float32))
    assert counted.episode_count >= 2
    assert 0 < min(counted.length_queue) < 60
    counted.close()
