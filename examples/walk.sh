#!/bin/sh
# From sign-up to payout with nothing but curl and jq. Needs a service (`cargo run --release -- serve`) at $API.
set -eu
API=${API:-http://127.0.0.1:8080}
COLLEGIUM=${COLLEGIUM:-target/release/collegium}
PASSWORD='a long walk from sign-up to payout'
RUN=$(date +%s)

send() { # METHOD PATH TOKEN [BODY]: prints the answer; fails with it on an error
  curl -sS --fail-with-body -X "$1" "$API$2" ${3:+-H "Authorization: Bearer $3"} -H 'Content-Type: application/json' \
    -H "Idempotency-Key: walk-$RUN-$(printf '%s%s%s' "$1$2" "${4:-}" "${KEY:-}" | cksum | cut -d' ' -f1)" -d "${4:-{\}}"
}
login() { send POST /v1/auth/login '' "{\"email\":\"$1\",\"password\":\"$PASSWORD\"}" | jq -r .access_token; }
staff() { printf '%s' "$PASSWORD" | "$COLLEGIUM" account create --role "$1" --email "$1-$2-$RUN@example.org" >/dev/null; login "$1-$2-$RUN@example.org"; }

echo '1. staff, a lab, its deposit'
OPERATIONS=$(staff operations 1); FINANCE=$(staff finance 1); CHECKER=$(staff finance 2); REVIEWER=$(staff reviewer 1)
LAB=$(send POST /v1/labs '' "{\"name\":\"Acme AI\",\"email\":\"lab-$RUN@example.org\",\"password\":\"$PASSWORD\",\"billing_currency\":\"USD\",\"country\":\"US\"}" | jq -r .id)
OWNER=$(login "lab-$RUN@example.org")
send POST "/v1/labs/$LAB/activate" "$OPERATIONS" >/dev/null
send POST "/v1/labs/$LAB/deposits" "$FINANCE" '{"amount":{"amount":"10000.00","currency":"USD"},"reference":"wire 1","received_on":"2026-01-05"}' >/dev/null

echo '2. an expert, a credential with evidence, verified'
send POST /v1/experts '' "{\"email\":\"expert-$RUN@example.org\",\"password\":\"$PASSWORD\",\"display_name\":\"Ada\",\"country\":\"US\",\"languages\":[{\"code\":\"en\",\"level\":\"native\"}],\"timezone\":\"America/New_York\",\"weekly_hours\":20}" >/dev/null
EXPERT=$(login "expert-$RUN@example.org")
CREDENTIAL=$(send POST /v1/experts/me/credentials "$EXPERT" '{"kind":"degree","field":"0511","level":"doctoral","title":"PhD in Biology","institution":"Stanford University","ror_id":"00f54p054","orcid":"0000-0002-1825-0097","awarded_on":"2015-06-01"}' | jq -r .id)
printf '%%PDF-1.7 a scan of the diploma' | curl -sS --fail-with-body -X PUT "$API/v1/credentials/$CREDENTIAL/evidence" -H "Authorization: Bearer $EXPERT" -H 'Content-Type: application/pdf' --data-binary @- >/dev/null
send POST "/v1/credentials/$CREDENTIAL/verify" "$OPERATIONS" '{"evidence_note":"seen with the registrar"}' >/dev/null
send PUT /v1/experts/me/payout-method "$EXPERT" '{"method":"ach","routing_number":"021000021","account_number":"000123456789","account_type":"checking"}' >/dev/null
send PUT /v1/experts/me/tax-form "$EXPERT" '{"form":"w9","name":"Ada","tin":"219099999","tin_type":"ssn","address":"1 Main St, Springfield","certified":true,"place_of_performance":"US"}' >/dev/null

echo '3. a project and its tasks'
PROJECT=$(send POST /v1/projects "$OWNER" '{"name":"Biology review","task_type":"grading","instructions":"Grade the answer from 1 to 5.","output_schema":{"type":"object","required":["grade"],"properties":{"grade":{"type":"integer","minimum":1,"maximum":5}}},"requirement":{"credential":{"field":"051","level":"doctoral"}},"bill_rate":{"amount":"200.00","currency":"USD"},"overlap":1,"lease_seconds":3600,"budget":{"amount":"5000.00","currency":"USD"}}' | jq -r .id)
send POST "/v1/projects/$PROJECT/tasks" "$OWNER" '{"tasks":[{"external_id":"q-1","input":{"question":"What is a ribosome?"}}]}' >/dev/null
send POST "/v1/projects/$PROJECT/open" "$OWNER" >/dev/null
send GET "/v1/labs/$LAB/balance" "$OWNER" | jq -c .

echo '4. claim, submit, review'
CLAIM=$(send POST /v1/assignments "$EXPERT" "{\"project_id\":\"$PROJECT\"}")
ASSIGNMENT=$(echo "$CLAIM" | jq -r .id)
send POST "/v1/assignments/$ASSIGNMENT/submissions" "$EXPERT" "{\"lease_token\":$(echo "$CLAIM" | jq .lease.token),\"answer\":{\"grade\":4},\"time_spent_seconds\":540}" >/dev/null
SUBMISSION=$(send POST /v1/reviews/claim "$REVIEWER" "{\"project_id\":\"$PROJECT\"}" | jq -r .submission_id)
send POST "/v1/submissions/$SUBMISSION/reviews" "$REVIEWER" '{"decision":"accept"}' >/dev/null

echo '5. what the money did'
send GET "/v1/labs/$LAB/balance" "$OWNER" | jq -c .
send GET /v1/experts/me/earnings "$EXPERT" | jq -c .

echo '6. a payout, approved by another person, and the bank file that settles it'
BATCH=$(send POST /v1/payout-batches "$FINANCE" "{\"currency\":\"USD\",\"method\":\"ach\",\"cutoff\":\"$(date -u +%F)\"}" | jq -r .id)
send POST "/v1/payout-batches/$BATCH/submit" "$FINANCE" >/dev/null
send POST "/v1/payout-batches/$BATCH/approve" "$CHECKER" >/dev/null
send POST "/v1/payout-batches/$BATCH/sent" "$FINANCE" >/dev/null
{ echo 'booked_on,amount,currency,end_to_end_id,servicer_reference,description'
  curl -sS "$API/v1/payout-batches/$BATCH/items" -H "Authorization: Bearer $FINANCE" |
    jq -r --arg run "$RUN" --arg day "$(date -u +%F)" '.data[] | select(.state == "sent") | "\($day),-\(.net.amount),USD,\(.end_to_end_id),bank-\($run)-\(.end_to_end_id),payout"'
} | curl -sS --fail-with-body -X POST "$API/v1/settlements?format=csv" -H "Authorization: Bearer $FINANCE" -H "Idempotency-Key: walk-$RUN-bank" -H 'Content-Type: text/csv' --data-binary @- | jq -c .
send GET /v1/ledger/proof "$FINANCE" | jq -c '{equal, payouts_in_transit}'
