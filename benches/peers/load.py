"""The client, the same for everybody: Python's own HTTP over kept connections, a thread for each person."""

import http.client
import json
import threading
import time


class Client:
    """A kept connection of one person."""

    def __init__(self, port, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = headers

    def send(self, method, path, body=None, expect=(200, 201), kind="application/json"):
        """Sends, reads the whole answer; its bytes. Anything but the status that is expected ends the run."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.connection.request(method, path, body, {**self.headers, "Content-Type": kind})
        answer = self.connection.getresponse()
        read = answer.read()
        if answer.status not in expect:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:500]!r}")
        return read

    def json(self, *arguments, **named):
        read = self.send(*arguments, **named)
        return json.loads(read) if read else None


def question(number):
    """The input of a task."""
    return {
        "question": f"What does figure {number} show?",
        "context": "A short passage that a biologist would read before answering, of about the length that such passages have.",
    }


def answer(number):
    """What a person makes of it."""
    return f"Figure {number} agrees with the two sources that the passage names, and with the one that it does not."


def timed(work):
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def together(people, answers):
    """Everybody takes a task and answers it, again and again, until so many are answered: the seconds that it took, how long
    each taking and each answering did, and which tasks were answered."""
    turns = iter(range(answers))
    lock, taking, answering, tasks, failures = threading.Lock(), [], [], [], []

    def work(person):
        try:
            while True:
                with lock:
                    number = next(turns, None)
                if number is None or failures:
                    return
                taken, task = timed(person.take)
                answered, _ = timed(lambda: person.answer(task, answer(number)))
                taking.append(taken)
                answering.append(answered)
                tasks.append(person.name_of(task))
        except Exception as failure:  # a thread has nobody to raise to
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    seconds, _ = timed(lambda: ([thread.start() for thread in threads], [thread.join() for thread in threads]))
    if failures:
        raise failures[0]
    if len(set(tasks)) != answers:
        raise RuntimeError(f"{answers} answers are of {len(set(tasks))} tasks")
    return seconds, taking, answering
