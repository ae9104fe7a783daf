"""The service as it is: its own cluster with fsync, sealed content, authentication, audit, events, money."""

import json
import os
import shutil
import subprocess
import time

from load import Client, question

PORT = 18098
PASSWORD = "a long password that nobody else has"


def usd(amount):
    return {"amount": amount, "currency": "USD"}


class Market:
    """Runs while the block does."""

    name = "Collegium"

    def __init__(self, program, people):
        self.program, self.people = os.path.abspath(program), people
        self.folder = "/tmp/collegium-peers"
        # One caller may send more than the usual calls a second here.
        self.settings = {
            **os.environ,
            "COLLEGIUM_FOLDER": self.folder, "COLLEGIUM_LISTEN": f"127.0.0.1:{PORT}", "COLLEGIUM_LOG": "warn",
            "COLLEGIUM_METRICS_LISTEN": "127.0.0.1:18097", "COLLEGIUM_CALLS_PER_SECOND": "100000",
            "COLLEGIUM_CALLS_BURST": "100000",
        }

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.server = subprocess.Popen([self.program, "serve"], env=self.settings)
        nobody = self.client(None)
        for _ in range(600):
            try:
                nobody.send("GET", "/readyz")
                break
            except (OSError, RuntimeError):
                nobody = self.client(None)
                time.sleep(0.1)
        self.nobody = nobody
        self.prepare()
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder)

    def client(self, token):
        return Client(PORT, {"Authorization": f"Bearer {token}"} if token else {})

    def signed_in(self, email):
        told = self.nobody.json("POST", "/v1/auth/login", {"email": email, "password": PASSWORD})
        return self.client(told["access_token"])

    def staff(self, role):
        email = f"{role}@example.org"
        command = [self.program, "account", "create", "--role", role, "--email", email]
        subprocess.run(command, env=self.settings, input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)
        return self.signed_in(email)

    def prepare(self):
        operations, finance = self.staff("operations"), self.staff("finance")
        lab = {"name": "Bench", "email": "lab@example.org", "password": PASSWORD, "billing_currency": "USD", "country": "US"}
        lab = self.nobody.json("POST", "/v1/labs", lab)["id"]
        self.owner = self.signed_in("lab@example.org")
        operations.send("POST", f"/v1/labs/{lab}/activate", {})
        deposit = {"amount": usd("1000000.00"), "reference": "bench", "received_on": "2026-01-05"}
        finance.headers["Idempotency-Key"] = "deposit"
        finance.send("POST", f"/v1/labs/{lab}/deposits", deposit)
        text = {"type": "object", "required": ["question"], "properties": {"question": {"type": "string"}}}
        project = {
            "name": "Bench", "task_type": "demonstration", "instructions": "Answer.", "input_schema": text,
            "output_schema": {"type": "string"}, "requirement": {"accepted_tasks": {"at_least": 0}},
            "bill_rate": usd("1.00"), "overlap": 1, "lease_seconds": 3600, "budget": usd("1000000.00"),
            "review": {"mode": "none"},
        }
        self.project = self.owner.json("POST", "/v1/projects", project)["id"]
        self.owner.send("POST", f"/v1/projects/{self.project}/open", {})
        self.experts = [self.expert(number) for number in range(self.people)]

    def expert(self, number):
        email = f"person-{number}@example.org"
        person = {
            "email": email, "password": PASSWORD, "display_name": "Jo Doe", "country": "US",
            "languages": [{"code": "en", "level": "C2"}], "timezone": "America/New_York", "weekly_hours": 40,
        }
        self.nobody.send("POST", "/v1/experts", person)
        return self.signed_in(email)

    def bring(self, tasks):
        lines = [json.dumps({"external_id": f"case-{number}", "input": question(number)}) for number in range(tasks)]
        path = f"/v1/projects/{self.project}/tasks/import"
        told = self.owner.json("POST", path, "\n".join(lines).encode(), kind="application/x-ndjson")
        return told["created"]

    def workers(self):
        return [Person(client, self.project) for client in self.experts]

    def take_out(self):
        lines = self.owner.send("GET", f"/v1/projects/{self.project}/results").splitlines()
        last = json.loads(lines[-1])
        return len(lines) - 1 if last["_end"] and last["count"] == len(lines) - 1 else 0


class Person:
    """An expert, who claims one task after the other."""

    def __init__(self, client, project):
        self.client, self.wish = client, {"project_id": project}

    def take(self):
        return self.client.json("POST", "/v1/assignments", self.wish, expect=(201,))

    def answer(self, claim, text):
        body = {"lease_token": claim["lease"]["token"], "answer": text, "time_spent_seconds": 60}
        self.client.send("POST", f"/v1/assignments/{claim['id']}/submissions", body)

    @staticmethod
    def name_of(claim):
        return claim["task_id"]
