"""What fraud review reads and what it makes of it: the input frames, and every feature once.

A row of the orders frame holds what was known at the moment of the order, and nothing later; what
became known later (chargebacks, verdicts) has `known_at`. Instants are naive UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ml.contract import InputColumn, InputFrame

Group = Literal["transaction", "customer", "device"]
Unit = Literal["count", "money", "ratio", "share", "hours", "days", "hour", "yes", "code"]

ORDERS = InputFrame(
    name="orders",
    row="one order, declined ones too",
    columns=(
        InputColumn(name="order_id", dtype="str", about="The order."),
        InputColumn(name="placed_at", dtype="datetime64[ns]", about="When it was placed, UTC."),
        InputColumn(name="amount", dtype="float64", about="To be paid, currency."),
        InputColumn(name="customer", dtype="str", about="Account, or null.", required=False),
        InputColumn(name="signed_up_at", dtype="datetime64[ns]", about="UTC.", required=False),
        InputColumn(name="email_domain", dtype="str", about="After the @.", required=False),
        InputColumn(name="account_country", dtype="str", about="ISO code.", required=False),
        InputColumn(name="wholesale", dtype="bool", about="A wholesale account.", required=False),
        InputColumn(name="channel", dtype="str", about="web, app, mail …", required=False),
        InputColumn(name="hour", dtype="int64", about="0 to 23, the shop's zone.", required=False),
        InputColumn(name="lines", dtype="int64", about="Lines of the basket.", required=False),
        InputColumn(name="units", dtype="int64", about="Units of the basket.", required=False),
        InputColumn(name="dearest", dtype="float64", about="Highest unit price.", required=False),
        InputColumn(name="category", dtype="str", about="Of the dearest line.", required=False),
        InputColumn(name="discount", dtype="float64", about="Coupon, currency.", required=False),
        InputColumn(name="coupon", dtype="str", about="Code, or null.", required=False),
        InputColumn(name="billing_country", dtype="str", about="ISO code.", required=False),
        InputColumn(name="shipping_country", dtype="str", about="ISO code.", required=False),
        InputColumn(name="ip_country", dtype="str", about="ISO code.", required=False),
        InputColumn(name="card_country", dtype="str", about="ISO code.", required=False),
        InputColumn(name="device", dtype="str", about="Keyed hash.", required=False),
        InputColumn(name="card", dtype="str", about="Keyed hash.", required=False),
        InputColumn(name="address", dtype="str", about="Keyed hash, shipping.", required=False),
        InputColumn(name="ip", dtype="str", about="Keyed hash.", required=False),
        InputColumn(name="method", dtype="str", about="Of the payment.", required=False),
        InputColumn(name="avs", dtype="str", about="match | partial | none.", required=False),
        InputColumn(name="cvv", dtype="str", about="match | none.", required=False),
        InputColumn(name="secure", dtype="str", about="passed | failed | absent.", required=False),
        InputColumn(name="attempts_failed", dtype="int64", about="Before it.", required=False),
        InputColumn(name="declined", dtype="bool", about="By the bank.", required=False),
    ),
)
"""`declined` is no feature: it becomes known with the order's end, and such an order earns no
chargeback."""

LABELS = InputFrame(
    name="labels",
    row="one thing that became known about one order",
    columns=(
        InputColumn(name="order_id", dtype="str", about="The order."),
        InputColumn(name="known_at", dtype="datetime64[ns]", about="When it became known, UTC."),
        InputColumn(name="source", dtype="str", about="chargeback | verdict."),
        InputColumn(name="fraud", dtype="bool", about="Whether it says that it is fraud."),
        InputColumn(name="amount", dtype="float64", about="Charged back, currency; else 0."),
        InputColumn(name="kind", dtype="str", about="Of fraud, where said.", required=False),
    ),
    required=False,
)

RELEASES = InputFrame(
    name="releases",
    row="one order that chance let through or sent to review",
    columns=(
        InputColumn(name="order_id", dtype="str", about="The order."),
        InputColumn(name="share", dtype="float64", about="Chance with which it was drawn."),
    ),
    required=False,
)

LINKS = ("customer", "device", "card", "address", "ip")
"""Columns of the orders frame that link orders with each other."""

RECENT_DAYS = 31
"""The longest window of a count; older orders are known only as sums a link (profiles)."""

RIPE_DAYS = 90
"""Days after which an order without a chargeback counts as good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One column that models see.

    needs : columns of the orders frame without which it is left out; staff are told what a
        missing one would add.
    told : the fact in words, with {value} and {usual} filled in where it is told.
    """

    name: str
    label: str
    group: Group
    unit: Unit
    needs: tuple[str, ...] = ()
    told: str = ""
    codes: tuple[str, ...] = ()  # of a feature of unit "code", in the order of their numbers


def _windows() -> tuple[Feature, ...]:
    """Orders and accounts on one device, card, address and IP in an hour, a day and a month."""
    made = []
    for link in ("device", "card", "address", "ip"):
        word = "IP" if link == "ip" else link
        for window, span in (("hour", "hour"), ("day", "24 hours"), ("month", "31 days")):
            made.append(
                Feature(
                    name=f"{link}_orders_{window}",
                    label=f"Orders on this {word}, last {span}",
                    group="device",
                    unit="count",
                    needs=(link,),
                    told=f"{{value}} earlier orders on this {word} in {span}; usual is {{usual}}",
                )
            )
            made.append(
                Feature(
                    name=f"{link}_accounts_{window}",
                    label=f"Accounts on this {word}, last {span}",
                    group="device",
                    unit="count",
                    needs=(link, "customer"),
                    told=f"{{value}} accounts used this {word} in {span}; usual is {{usual}}",
                )
            )
    return tuple(made)


def _cards() -> tuple[Feature, ...]:
    return tuple(
        Feature(
            name=f"{link}_cards_{window}",
            label=f"Cards on this {link}, last {span}",
            group="device",
            unit="count",
            needs=(link, "card"),
            told=f"{{value}} cards were used on this {link} in {span}; usual is {{usual}}",
        )
        for link in ("device", "customer")
        for window, span in (("day", "24 hours"), ("month", "31 days"))
    )


FEATURES: tuple[Feature, ...] = (
    Feature(name="amount", label="Amount", group="transaction", unit="money",
            told="The amount is {value}; usual is {usual}"),
    Feature(name="amount_to_customer", label="Amount against the customer's usual",
            group="customer", unit="ratio", needs=("customer",),
            told="{value} times what this customer usually spends"),
    Feature(name="amount_to_category", label="Amount against the category's usual",
            group="transaction", unit="ratio", needs=("category",),
            told="{value} times the usual order of its category"),
    Feature(name="lines", label="Lines", group="transaction", unit="count", needs=("lines",),
            told="{value} lines; usual is {usual}"),
    Feature(name="units", label="Units", group="transaction", unit="count", needs=("units",),
            told="{value} units; usual is {usual}"),
    Feature(name="dearest", label="Dearest item", group="transaction", unit="money",
            needs=("dearest",), told="The dearest item costs {value}; usual is {usual}"),
    Feature(name="discount_share", label="Coupon's share of the amount", group="transaction",
            unit="share", needs=("discount",), told="A coupon takes off {value}; usual is {usual}"),
    Feature(name="coupon_orders_day", label="Orders with this coupon, last 24 hours",
            group="transaction", unit="count", needs=("coupon",),
            told="{value} earlier orders used this coupon in 24 hours; usual is {usual}"),
    Feature(name="hour", label="Hour of the day", group="transaction", unit="hour",
            needs=("hour",), told="Placed at {value}"),
    Feature(name="night", label="Placed at night", group="transaction", unit="yes",
            needs=("hour",), told="Placed between midnight and five"),
    Feature(name="method", label="Payment method", group="transaction", unit="code",
            needs=("method",), told="Paid by {value}",
            codes=("card", "wallet", "invoice", "transfer", "voucher", "cash", "other")),
    Feature(name="channel", label="Channel", group="transaction", unit="code",
            needs=("channel",), told="Ordered by {value}",
            codes=("web", "app", "mail", "telephone", "marketplace", "other")),
    Feature(name="avs", label="Address check of the bank", group="transaction", unit="code",
            needs=("avs",), told="The bank's address check: {value}",
            codes=("match", "partial", "none")),
    Feature(name="cvv", label="Security code", group="transaction", unit="code",
            needs=("cvv",), told="The card's security code: {value}", codes=("match", "none")),
    Feature(name="secure", label="3-D Secure", group="transaction", unit="code",
            needs=("secure",), told="3-D Secure: {value}", codes=("passed", "failed", "absent")),
    Feature(name="attempts_failed", label="Failed payments before it", group="transaction",
            unit="count", needs=("attempts_failed",),
            told="{value} payments failed before it; usual is {usual}"),
    Feature(name="billing_is_shipping", label="Billing country is shipping country",
            group="transaction", unit="yes", needs=("billing_country", "shipping_country"),
            told="Billed to one country, shipped to another"),
    Feature(name="card_is_billing", label="Card's country is billing country",
            group="transaction", unit="yes", needs=("card_country", "billing_country"),
            told="The card is from another country than the bill"),
    Feature(name="ip_is_billing", label="IP's country is billing country", group="device",
            unit="yes", needs=("ip_country", "billing_country"),
            told="The IP is from another country than the bill"),
    Feature(name="account_hours", label="Time since sign-up", group="customer", unit="hours",
            needs=("signed_up_at",), told="The account is {value} old; usual is {usual}"),
    Feature(name="email_domain_share", label="Share of orders with this e-mail domain",
            group="customer", unit="share", needs=("email_domain",),
            told="{value} of all orders come from this e-mail domain; usual is {usual}"),
    Feature(name="first_order", label="First order of the account", group="customer", unit="yes",
            needs=("customer",), told="The first order of this account"),
    Feature(name="customer_orders", label="Earlier orders of the account", group="customer",
            unit="count", needs=("customer",), told="{value} earlier orders; usual is {usual}"),
    Feature(name="customer_orders_hour", label="Orders of the account, last hour",
            group="customer", unit="count", needs=("customer",),
            told="{value} earlier orders of this account in an hour; usual is {usual}"),
    Feature(name="customer_orders_day", label="Orders of the account, last 24 hours",
            group="customer", unit="count", needs=("customer",),
            told="{value} earlier orders of this account in 24 hours; usual is {usual}"),
    Feature(name="customer_orders_month", label="Orders of the account, last 31 days",
            group="customer", unit="count", needs=("customer",),
            told="{value} earlier orders of this account in 31 days; usual is {usual}"),
    Feature(name="days_since_order", label="Days since the account's last order",
            group="customer", unit="days", needs=("customer",),
            told="{value} since the last order of this account; usual is {usual}"),
    Feature(name="customer_devices_month", label="Devices of the account, last 31 days",
            group="customer", unit="count", needs=("customer", "device"),
            told="The account used {value} devices in 31 days; usual is {usual}"),
    Feature(name="device_is_new", label="New device for the account", group="device", unit="yes",
            needs=("customer", "device"), told="A device that this account did not use lately"),
    Feature(name="address_is_new", label="New address for the account", group="device",
            unit="yes", needs=("customer", "address"),
            told="Shipped to an address that this account did not use lately"),
    *_windows(),
    *_cards(),
    *(
        Feature(
            name=f"{link}_chargeback_share",
            label=f"Share of chargebacks among orders of this {'IP' if link == 'ip' else link}",
            group="customer" if link == "customer" else "device",
            unit="share",
            needs=(link,),
            told=f"{{value}} of the earlier orders of this {'IP' if link == 'ip' else link} were "
            "charged back; usual is {usual}",
        )
        for link in LINKS
    ),
    Feature(name="linked_chargebacks", label="Chargebacks on linked orders", group="device",
            unit="count",
            told="{value} orders on one of its links were charged back; usual is {usual}"),
)  # fmt: skip
"""Every feature, defined once; `ml.fraud.features.compute` makes them, models read them by name."""

BY_NAME: dict[str, Feature] = {feature.name: feature for feature in FEATURES}
NAMES: tuple[str, ...] = tuple(BY_NAME)
