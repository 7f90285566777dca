from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tradegram.store.batches import Batches, Waiting

THREADS, EACH = 24, 150


class Book:
    """Does jobs by writing them down, one batch at a time."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.sizes: list[int] = []
        self.at_work = 0

    def write(self, batch: Sequence[Waiting[int]]) -> None:
        self.at_work += 1
        assert self.at_work == 1, "two lead at once"
        self.sizes.append(len(batch))
        time.sleep(0.0005)
        for one in batch:
            self.written.append(one.job)
            one.answer = -one.job
            if one.job < 10_000 and one.job % 97 == 0:
                one.error = ValueError(one.job)
        self.at_work -= 1


def test_every_job_is_done_once_and_answered_to_its_own_thread() -> None:
    book = Book()
    batches = Batches[int](book.write, most=8)

    def work(thread: int) -> None:
        for number in range(EACH):
            job = 1 + thread * EACH + number
            if job % 97 == 0:
                with pytest.raises(ValueError, match=str(job)):
                    batches.do(job)
            else:
                assert batches.do(job) == -job

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, thread) for thread in range(THREADS)]:
            done.result(60)

    assert sorted(book.written) == list(range(1, 1 + THREADS * EACH))
    assert max(book.sizes) == 8


def test_jobs_of_one_thread_keep_their_order_beside_others() -> None:
    book = Book()
    batches = Batches[int](book.write, most=64)

    def work(thread: int) -> None:
        for number in range(50):
            batches.do(10_000 * thread + number)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, thread) for thread in range(1, 9)]:
            done.result(60)

    for thread in range(1, 9):
        mine = [job for job in book.written if job // 10_000 == thread]
        assert mine == sorted(mine)


def test_nobody_works_while_somebody_says_so_and_all_go_on_afterwards() -> None:
    book = Book()
    batches = Batches[int](book.write, most=64)
    threads = [threading.Thread(target=batches.do, args=(job,)) for job in range(1, 9)]

    with batches.nobody_at_work():
        for thread in threads:
            thread.start()
        while len(batches._waiting) < len(threads):
            time.sleep(0.001)
        assert book.written == []
    for thread in threads:
        thread.join(10)

    assert sorted(book.written) == list(range(1, 9))
    assert book.sizes == [8]


def test_a_fault_of_the_work_itself_ends_with_its_leader_and_holds_up_nobody() -> None:
    def broken(batch: Sequence[Waiting[int]]) -> None:
        for one in batch:
            one.error = OSError("the disk")
        raise KeyError("nobody thought of it")

    batches = Batches[int](broken, most=4)

    for _ in range(3):
        with pytest.raises(KeyError):
            batches.do(1)
