"""A client that nobody here wrote the stubs for: finds the contract by reflection and works both sides with it.

Usage: client.py SENDER SENDER_TRUST SENDER_TOKEN RECEIVER RECEIVER_TRUST RECEIVER_TOKEN MUNICIPALITY

Submits a report to the sender, works the receiver's list until the child is assigned, and waits until the sender says
that it is delivered. Prints one line of JSON with what it saw.
"""

import json
import sys
import time
import uuid
from datetime import datetime, timezone

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

LIMIT_SECONDS = 30


class Service:
    """One gRPC service, its methods and messages learnt from the server."""

    def __init__(self, address, trust, token, name):
        with open(trust, "rb") as file:
            credentials = grpc.ssl_channel_credentials(root_certificates=file.read())
        bearer = grpc.access_token_call_credentials(token)
        channel = grpc.secure_channel(address, grpc.composite_channel_credentials(credentials, bearer))
        self.channel = channel
        database = ProtoReflectionDescriptorDatabase(channel)
        self.descriptor = DescriptorPool(database).FindServiceByName(name)

    def call(self, method, **request):
        """A unary call, with the request as keyword arguments and the answer as a dict."""
        found = self.descriptor.methods_by_name[method]
        request_class, response_class = GetMessageClass(found.input_type), GetMessageClass(found.output_type)
        stub = self.channel.unary_unary(
            f"/{self.descriptor.full_name}/{method}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString,
        )
        answer = stub(json_format.ParseDict(request, request_class()), timeout=10)
        return json_format.MessageToDict(answer, preserving_proto_field_name=True)


def report(municipality):
    """A synthetic report about one child who has no identity number."""
    place = dict(zip(("municipality_number", "city_district_number"), municipality.split("/")))
    child = {
        "birth_date": "2015-04-01",
        "name": "Barn Oppdiktet",
        "informed": {"informed": False, "reason": "Hensynet til barnets sikkerhet."},
    }
    return {
        "report_id": str(uuid.uuid4()),
        "type": "REPORT_TYPE_CONCERN_REPORT",
        "urgency": "URGENCY_NORMAL",
        "disclosure": {
            "legal_basis": "LEGAL_BASIS_DUTY_TO_REPORT",
            "decided_by_name": "Testleder Oppdiktet",
            "decided_by_role": "jourhavende",
        },
        "account": {"observed": "En oppdiktet melding fra en klient i Python."},
        "children": [child | place],
        "reporter": {
            "name": "Betjent Oppdiktet",
            "role": "politibetjent",
            "unit": "Testseksjonen",
            "phone": "+47 00 00 00 00",
            "email": "betjent@politi.example",
            "organisation": {"name": "Politiet (test)", "organisation_number": "999000002"},
            "police_district": "Troms",
        },
        "written_time": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
    }


def until(what, find):
    """Asks again until there is an answer."""
    end = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError(what)


def main(sender_address, sender_trust, sender_token, receiver_address, receiver_trust, receiver_token, municipality):
    sender = Service(sender_address, sender_trust, sender_token, "framme.sender.v1.SenderService")
    work_list = Service(receiver_address, receiver_trust, receiver_token, "framme.receiver.v1.WorkListService")

    submitted = report(municipality)
    first = sender.call("SubmitReport", report=submitted)
    again = sender.call("SubmitReport", report=submitted)

    def in_work_list():
        listed = work_list.call("ListTransmissions", unassigned_only=True).get("transmissions", [])
        return next((entry for entry in listed if entry["report_id"] == submitted["report_id"]), None)

    transmission = until("the work list has the report", in_work_list)
    fetched = work_list.call("GetTransmission", transmission_id=transmission["transmission_id"])
    child = transmission["children"][0]
    change = {
        "request_id": str(uuid.uuid4()),
        "transmission_id": transmission["transmission_id"],
        "child_id": child["child_id"],
    }
    assigned = work_list.call("AssignChild", change=change, caseworker_staff_id="cw-1")

    def delivered():
        state = sender.call("GetReport", report_id=submitted["report_id"])["report"]
        return state if state["standing"] == "STANDING_DELIVERED" else None

    state = until("the sender knows it as delivered", delivered)
    print(json.dumps({
        "same_answer_twice": first == again,
        "observed": fetched["report"]["account"]["observed"] == submitted["account"]["observed"],
        "stage_at_receiver": assigned["changed"]["child"]["stage"],
        "stage_at_sender": state["transmissions"][0]["children"][0]["stage"],
        "standing": state["standing"],
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
