"""Mail of documents, on the translated template: who may send, and from which address."""

from typing import Any

from tests.template.deployed import as_list, resources


def sending() -> dict[str, list[dict[str, Any]]]:
    """Return the statements that allow an action of SES, by role."""
    return {
        name: statements
        for name, role in resources("AWS::IAM::Role").items()
        if (
            statements := [
                statement
                for policy in role["Properties"].get("Policies", [])
                if "PolicyDocument" in policy
                for statement in policy["PolicyDocument"]["Statement"]
                if any(action.startswith("ses:") for action in as_list(statement["Action"]))
            ]
        )
    }


def test_only_the_billing_api_sends_mail_from_one_identity() -> None:
    assert list(sending()) == ["BillingApiFunctionRole"]
    [statement] = sending()["BillingApiFunctionRole"]
    assert statement["Action"] == ["ses:GetEmailIdentity", "ses:SendEmail"]
    assert str(statement["Resource"]).count("identity/${MailSender}") == 1


def test_sender_is_that_of_the_function() -> None:
    variables = resources()["BillingApiFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["MAIL_SENDER"] == {"Ref": "MailSender"}
