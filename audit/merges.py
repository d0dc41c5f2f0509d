"""Merges of customers: every service knows where a merged customer went, and nothing is left with it."""

from collections.abc import Iterator

from audit.snapshot import Breach, Snapshot, invariant

_TABLES = ("CustomersTable", "PaymentsTable", "OrdersTable", "BillingTable")
_ACCOUNT = ("credit_limit", "available", "reserved", "owed")


@invariant
def merge_is_complete(shop: Snapshot) -> Iterator[Breach]:
    """A merge is recorded by each service with rows of customers, or its execution runs or has an open case."""
    expected = {
        (row["customer_id"], row["survivor_id"], row["merge_id"])
        for row in shop.items("CustomersTable", "MERGE", "MERGE#")
        if row["sk"] == "MERGE"
    }
    pointing = {
        (row["customer_id"], row["merged_into"], row["merge_id"])
        for row in shop.items("CustomersTable", "CUSTOMER", "CUSTOMER#")
        if "merged_into" in row
    }
    for customer_id, _, merge_id in sorted(expected ^ pointing):
        yield merge_id, f"the record of customer {customer_id} and the merge differ"
    for table in _TABLES:
        rows = list(shop.items(table, "", "MERGED#"))
        for sort_key in ("INTO", "FROM#"):
            stored = {
                (row["customer_id"], row["survivor_id"], row["merge_id"])
                for row in rows
                if row["sk"].startswith(sort_key)
            }
            for customer_id, survivor_id, merge_id in sorted(stored ^ expected):
                if not _is_unfinished(shop, merge_id):
                    yield (
                        merge_id,
                        f"{table}: the merge of {customer_id} into {survivor_id} is not in both places",
                    )


@invariant
def merged_customer_has_nothing(shop: Snapshot) -> Iterator[Breach]:
    """The wallets and accounts of a merged customer are empty once its merge has ended."""
    for row in shop.items("PaymentsTable", "INTO", "MERGED#"):
        customer_id = row["customer_id"]
        if _is_unfinished(shop, row["merge_id"]):
            continue
        for wallet in shop.items("PaymentsTable", "BALANCE#", f"CREDIT#{customer_id}"):
            if wallet["pk"] == f"CREDIT#{customer_id}" and wallet["balance"]:
                yield customer_id, f"the merged customer has a balance of {wallet['balance']}"
        for account in shop.items("PaymentsTable", "ACCOUNT#", f"ACCOUNT#{customer_id}"):
            amounts = {name: account[name] for name in _ACCOUNT}
            if account["pk"] == f"ACCOUNT#{customer_id}" and any(amounts.values()):
                yield customer_id, f"the merged customer has an account with {amounts}"


def _is_unfinished(shop: Snapshot, merge_id: str) -> bool:
    return merge_id in shop.running or shop.has_open_case(merge_id)


MERGES = (merge_is_complete, merged_customer_has_nothing)
