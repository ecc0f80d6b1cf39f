"""Made-up events with everything in them, and every question that can be asked about them. The same seed gives the same."""
import datetime
import json
import random

RULES = [
    "attribution: {lookback: 60d}\nscoring:\n  fit:\n    - {name: from_website, property: origin, is: website, points: 40}\n"
    "  engagement:\n    - {type: page_viewed, points: 5, cap: 20, per_day: 2, half_life: 14d}\n    - {type: demo_held, points: 40, half_life: 30d}\n  mql: 30\n",
    "attribution: {lookback: 45d}\nsla: {accept: 8h, contact: 2bd}\nscoring:\n  engagement:\n    - {type: page_viewed, points: 3, cap: 30}\n  mql: 20\n",
]
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


class Events:
    """Events in order of time. Few customers have very many, so that some values are longer than a page."""

    def __init__(self, seed, customers=600, spread=600):
        self.random, self.customers, self.spread = random.Random(f"events {seed}"), customers, spread
        self.number, self.at, self.orders, self.deals = 0, START, [], 0

    def customer(self):
        r = self.random
        if r.random() < 0.12: return f"user_id:u{r.randrange(4)}"
        n = r.randrange(self.customers)
        return r.choice([f"user_id:u{n}", f"user_id:u{n}", f"email:u{n}@shop.example", f"device:d{n}"])

    def take(self, count):
        return [self.event() for _ in range(count)]

    def event(self):
        r, self.number = self.random, self.number + 1
        self.at += datetime.timedelta(seconds=r.randrange(self.spread))
        e = {"id": f"e{self.number}", "source": r.choice(["web", "crm", "shop"]), "occurred_at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "customer": self.customer()}
        owner, money = r.choice(["amira", "sami", "omar"]), {"amount": "%d.%02d" % (r.randrange(5, 900), r.randrange(100)), "currency": r.choice(["EUR", "USD"])}
        deal = f"d{max(self.deals - r.randrange(40), 1)}"
        kind = r.choices(range(12), [26, 12, 6, 6, 6, 10, 12, 4, 4, 4, 2, 2])[0]
        if kind == 0:
            e |= {"type": "page_viewed", "properties": {"url": "https://shop.example/%d?utm_source=%s&utm_medium=%s" % (r.randrange(99), r.choice(["google", "bing", "mail"]), r.choice(["cpc", "organic", "email"]))}}
        elif kind == 1:
            e |= {"type": r.choice(["ad_clicked", "email_clicked"]), "channel": r.choice(["paid_search", "email", "display"]), "campaign": r.choice(["spring", "fall", "winter"])}
            if r.random() < 0.1:
                # What a channel cost is nobody's event.
                e |= {"type": "spend_recorded", **money}
                del e["customer"]
        elif kind == 2:
            e |= {"type": r.choice(["form_submitted", "account_created", "quiz_taken"]), "properties": {"origin": r.choice(["website", "fair"]), "note": "x" * r.choice([10, 10, 3000])}}
        elif kind == 3:
            e |= {"type": r.choice(["call_made", "meeting_held", "demo_held", "sales_email_sent"]), "actor": owner, "properties": {"outcome": "connected"}}
        elif kind == 4:
            e |= {"type": r.choice(["lead_created", "lead_handed_off", "lead_accepted", "mql_reached", "follow_up_planned", "follow_up_done"]), "properties": {"owner": owner, "due": e["occurred_at"]}}
        elif kind == 5:
            e |= {"type": "order_completed", **money, "properties": {"order_id": e["id"]}}
            self.orders.append(e)
        elif kind == 6:
            self.deals += 1
            e |= {"type": "deal_created", "deal": f"d{self.deals}", "account": f"acme-{r.randrange(60)}", **money,
                  "properties": {"owner": owner, "stage": "prospecting", "close_date": "2026-03-%02d" % r.randrange(1, 28), "product": r.choice(["a", "b"])}}
        elif kind == 7:
            e |= {"type": r.choice(["deal_stage_changed", "deal_amount_changed", "proposal_sent", "deal_reopened"]), "deal": deal, **money, "properties": {"to": r.choice(["negotiation", "closing"])}}
        elif kind == 8:
            e |= {"type": r.choice(["deal_won", "deal_won", "deal_lost"]), "deal": deal, "properties": {"reason": r.choice(["price", "time"])}}
        elif kind == 9:
            e |= {"type": r.choice(["objection_raised", "objection_resolved"]), "deal": deal, "properties": {"objection_id": f"o{r.randrange(200)}", "category": r.choice(["price", "trust"])}}
        elif kind == 10 and self.orders:
            order = r.choice(self.orders)
            e |= {"type": "order_refunded", "customer": order["customer"], "amount": order["amount"], "currency": order["currency"], "properties": {"order_id": order["id"]}}
        else:
            n = r.randrange(self.customers)
            e |= {"type": "identity_linked" if r.random() < 0.85 else "identity_unlinked", "properties": {"a": f"user_id:u{n}", "b": r.choice([f"email:u{n}@shop.example", f"device:d{n}"])}}
        return e


def lines(events):
    return "".join(json.dumps(e) + "\n" for e in events).encode()


def questions(events):
    """Every command that reads, as words; `export` and `events` show each byte that was stored."""
    customer = next(e["customer"] for e in reversed(events) if e.get("customer", "").startswith("user_id:u") and len(e["customer"]) > 10)
    linked = next(e["properties"]["a"] for e in reversed(events) if e["type"] == "identity_linked")
    deal = next(e["deal"] for e in reversed(events) if e["type"] == "deal_won")
    order = next(e["id"] for e in reversed(events) if e["type"] == "order_completed")
    models = "first,last,last-non-direct,linear,position,time-decay,u-shaped,w-shaped,full-path,j-shaped,inverse-j,markov,shapley"
    asked = [
        ["customers"], ["stages"], ["deals"], ["pipeline"], ["attribution", "--model", models], ["timeline", customer], ["stats"], ["identity"],
        ["funnel"], ["funnel", "--steps", "ad_clicked,page_viewed,order_completed", "--window", "30d", "--by", "channel"], ["paths"],
        ["attribution", "--model", "linear", "--by", "campaign", "--identity", "as-of-event"], ["cohorts"], ["bottlenecks"], ["channels", "--model", "linear"],
        ["objections"], ["feedback", "--by", "campaign"], ["kpis"], ["budget", "--total", "1000"], ["scores"], ["sla"], ["follow-ups"], ["forecast"],
        ["report", "--period", "month"], ["customer", linked], ["timeline", "user_id:u1"], ["timeline", "--deal", deal], ["deal", deal], ["brief", linked],
        ["identity", linked], ["trace", order], ["explain", "stage", customer], ["explain", "score", linked], ["explain", "deal", deal],
        ["explain", "credit", order, "--model", "linear"], ["rules", "history"], ["stages", "--as-at", str(len(events) // 2)],
        ["deals", "--as-of", "2026-01-20"], ["export", "conversions"],
    ]
    return [q + ["--format", "json", "--quiet"] for q in asked] + [["export", "--quiet"], ["events", "--type", "deal_won", "--format", "ndjson", "--quiet"]]


# One question for each thing that is stored, for mutants that are not asked everything: both views of rows, paths, columns,
# journeys of both kinds, names, postings, symbols and blocks.
CHIEF = [("customers",), ("deals",), ("attribution",), ("timeline",), ("stats",), ("identity",), ("customer",), ("export", "--quiet"), ("explain", "credit"), ("funnel", "--steps")]


def chief(asked):
    return [next(q for q in asked if tuple(q[:len(c)]) == c) for c in CHIEF]
