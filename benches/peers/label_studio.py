"""Label Studio with a PostgreSQL of its own, behind gunicorn with a worker for each core and four threads in each, which keep
connections; the settings that send anything home are off."""

import os
import pwd
import shutil
import subprocess
import time

from load import Client, question

PORT = 18099
PEOPLE = """
from django.contrib.auth import get_user_model
from organizations.functions import create_organization
from rest_framework.authtoken.models import Token
people = [get_user_model().objects.create_user(email=f'person-{n}@example.org', password='nobody signs in') for n in range(%d)]
made = create_organization('Bench', people[0], legacy_api_tokens_enabled=True)
for n, person in enumerate(people):
    made.add_user(person)
    person.active_organization = made
    person.save()
    Token.objects.filter(user=person).delete()
    Token.objects.create(user=person, key=f'{n:040d}')
"""
CONFIG = '<View><Text name="question" value="$question"/><TextArea name="answer" toName="question"/></View>'


def run(*command, **named):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **named)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}")
    return done.stdout


class Database:
    """A cluster that is reached over its socket alone. PostgreSQL does not run as root: then the user `postgres` has it."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.own = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        if self.own:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        data = f"{self.folder}/data"
        run(*self.own, f"{self.programs}/initdb", "-D", data, "-U", "postgres", "-A", "trust", cwd="/")
        settings = f"-k {self.folder} -c listen_addresses="
        run(*self.own, f"{self.programs}/pg_ctl", "-D", data, "-l", f"{self.folder}/log", "-o", settings, "-w", "start", cwd="/")
        run(f"{self.programs}/createdb", "-h", self.folder, "-U", "postgres", "studio")

    def stop(self):
        run(*self.own, f"{self.programs}/pg_ctl", "-D", f"{self.folder}/data", "-m", "fast", "-w", "stop", cwd="/")


class Studio:
    """Runs while the block does."""

    name = "Label Studio"

    def __init__(self, place, programs, people):
        self.place, self.people = place, people
        self.database = Database("/tmp/label-studio-bench", programs)
        packages = run(f"{place}/venv/bin/python", "-c", "import label_studio; print(label_studio.__path__[0])")
        self.code = packages.strip().splitlines()[-1]
        self.settings = {
            **os.environ,
            "DJANGO_DB": "default", "POSTGRE_USER": "postgres", "POSTGRE_PASSWORD": "x", "POSTGRE_NAME": "studio",
            "POSTGRE_HOST": self.database.folder, "LABEL_STUDIO_BASE_DATA_DIR": f"{place}/studio",
            "DJANGO_SETTINGS_MODULE": "core.settings.label_studio", "DEBUG": "False", "LOG_LEVEL": "ERROR",
            "LATEST_VERSION_CHECK": "0", "COLLECT_ANALYTICS": "0", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
        }

    def __enter__(self):
        self.database.start()
        python = f"{self.place}/venv/bin/python"
        run(python, "manage.py", "migrate", "--noinput", cwd=self.code, env=self.settings)
        run(python, "manage.py", "shell", "-c", PEOPLE % self.people, cwd=self.code, env=self.settings)
        cores = str(os.cpu_count())
        command = [
            f"{self.place}/venv/bin/gunicorn", "core.wsgi:application", "--bind", f"127.0.0.1:{PORT}", "--timeout", "600",
            "--worker-class", "gthread", "--workers", cores, "--threads", "4", "--keep-alive", "75",
        ]
        with open(f"{self.place}/studio.log", "w") as log:
            self.server = subprocess.Popen(command, cwd=self.code, env=self.settings, stdout=log, stderr=log)
        self.owner = self.client(0)
        for _ in range(600):
            try:
                self.owner.send("GET", "/api/version")
                break
            except OSError:
                self.owner = self.client(0)
                time.sleep(0.2)
        project = {"title": "Bench", "label_config": CONFIG, "maximum_annotations": 1}
        self.project = self.owner.json("POST", "/api/projects", project)["id"]
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        self.database.stop()
        shutil.rmtree(self.database.folder)

    def client(self, number):
        return Client(PORT, {"Authorization": f"Token {number:040d}"})

    def bring(self, tasks):
        body = [question(number) for number in range(tasks)]
        told = self.owner.json("POST", f"/api/projects/{self.project}/import", body)
        return told["task_count"]

    def workers(self):
        return [Person(self.client(number), self.project) for number in range(self.people)]

    def take_out(self):
        exported = self.owner.json("GET", f"/api/projects/{self.project}/export?exportType=JSON")
        return sum(len(task["annotations"]) for task in exported)


class Person:
    """An annotator, who is given one task after the other."""

    def __init__(self, client, project):
        self.client, self.path = client, f"/api/dm/actions?id=next_task&project={project}"

    def take(self):
        return self.client.json("POST", self.path, {})["id"]

    def answer(self, task, text):
        result = {"from_name": "answer", "to_name": "question", "type": "textarea", "value": {"text": [text]}}
        self.client.send("POST", f"/api/tasks/{task}/annotations/", {"result": [result], "lead_time": 60})

    @staticmethod
    def name_of(task):
        return task
