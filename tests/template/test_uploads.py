"""Uploads from the console to S3, on the translated template: its policy and the buckets' rules name each other."""

from tests.template.deployed import references, resources


def test_each_bucket_of_the_consoles_policy_accepts_its_uploads() -> None:
    variables = resources()["ServeConsoleFunction"]["Properties"]["Environment"]["Variables"]
    buckets = references(variables["UPLOAD_ORIGINS"]) & set(resources("AWS::S3::Bucket"))
    rules = {
        name: bucket["Properties"]["CorsConfiguration"]["CorsRules"][0]
        for name, bucket in resources("AWS::S3::Bucket").items()
        if "CorsConfiguration" in bucket["Properties"]
    }
    assert buckets == set(rules) == {"ImagesBucket", "ImportsBucket"}
    assert [rule["AllowedMethods"] for rule in rules.values()] == [["POST"], ["POST"]]
    assert rules["ImportsBucket"]["AllowedOrigins"] == rules["ImagesBucket"]["AllowedOrigins"]
