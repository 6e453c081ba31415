"""Review: one pair at a time, or the competitors of a group; each decision written down at once."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, unquote

import polars as pl

from gapmatch.api.reviews import (
    find_last_decision,
    list_decisions,
    record_decision,
    retract_decision,
)
from gapmatch.api.stores import open_store
from gapmatch.desk.competitor_groups import build_review_group
from gapmatch.desk.pair_queue import QUEUES, find_key, find_queue_row
from gapmatch.desk.review_model import ReviewChoice, build_review_page, word_decisions
from gapmatch.desk.routes import WARNING, DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import StoredQuarter, load_quarter
from gapmatch.errors import BusyError, InputError
from gapmatch.i18n import _
from gapmatch.ledger.entries import load_decisions
from gapmatch.ledger.review_queue import select_own_decisions
from gapmatch.vocabulary.labels import list_labels

REVIEWER_COOKIE = "gapmatch-reviewer"
MAX_NAME_CHARACTERS = 40


async def _show_review(request: DeskRequest) -> Response:
    """Show the next pair; who decides is asked first."""
    choice = _read_choice(request, request.query)

    def build() -> object:
        made = list_decisions(choice.quarter, workspace=request.workspace)
        if choice.blind:
            made = made.filter(pl.col("who") == choice.who)
        return build_review_page(*_load(request, choice), choice, word_decisions(made))

    page = await request.call(build)
    response = await request.render("review.html", place="review", page=page)
    if request.query.get("who"):
        response.set_cookie(REVIEWER_COOKIE, quote(choice.who), httponly=True, samesite="strict")
    return response


async def _show_group(request: DeskRequest) -> Response:
    """Show a group of firms that compete for the same units."""
    choice, place = _read_choice(request, request.query), request.query.get("at", "")
    if not choice.who:
        return request.redirect("/review")

    def build() -> object:
        stored, decisions = _load(request, choice)
        number = int(place) if place.isdecimal() else 1
        return build_review_group(stored, decisions, choice.who, number)

    group = await request.call(build)
    if group is None:
        return request.redirect(choice.as_address(), _("没有互相竞争的企业要认定了。"))
    return await request.render("review_group.html", place="review", group=group, choice=choice)


async def _decide(request: DeskRequest) -> Response:
    """Write down a decision and go on."""
    form = await request.form()
    choice, key = _read_choice(request, form), form.get("key", "")
    if not choice.who:
        raise InputError(_("还不知道是谁认定的"), _("请先在“逐对认定”页写上您的姓名。"))
    place = form.get("at", "")
    try:
        note = await request.call(_record, request, choice, form)
    except BusyError:
        again = choice.change(after="", pair=key, skipped="")
        note = _("这一对还没有记下：工作区正被占用，可能在运行。请等它结束，再认定一次。")
        return request.redirect(
            f"{again.as_address('/review/groups')}&at={quote(place)}"
            if place
            else again.as_address(),
            WARNING + note,
        )
    if place:
        address = choice.change(after="", pair="").as_address("/review/groups")
        return request.redirect(f"{address}&at={quote(place)}", note)
    return request.redirect(choice.change(after=key, pair="").as_address(), note)


def _record(request: DeskRequest, choice: ReviewChoice, form: dict[str, str]) -> str:
    """Write down the decision of a form; returns what was done, in a sentence."""
    stored, decisions = _load(request, choice)
    row = find_queue_row(stored, decisions, choice.who, form.get("key", ""))
    if row is None:
        return _("这一对刚才已有认定，没有再记。看法不同的，请选“盲审”再认定一次。")
    verdict = form.get("verdict", "")
    record_decision(
        row,
        verdict,
        quarter=stored.quarter,
        workspace=request.workspace,
        who=choice.who,
        remark=form.get("remark"),
    )
    return _("已记下：{verdict}（{firm} / {unit}）").format(
        verdict=list_labels("review_verdict").get(verdict, verdict),
        firm=row["tax_name"],
        unit=row["enrollment_name"],
    )


async def _undo(request: DeskRequest) -> Response:
    """Take back the reviewer's last decision and show its pair again."""
    choice = _read_choice(request, await request.form()).change(after="", pair="")
    key = await request.call(_retract, request, choice)
    if key is None:
        return request.redirect(choice.as_address(), _("没有可以撤销的认定。"))
    return request.redirect(choice.change(pair=key).as_address(), _("已撤销，请重新认定。"))


def _retract(request: DeskRequest, choice: ReviewChoice) -> str | None:
    """Take back the last decision; returns its pair, empty if it is not in the queue."""
    stored, _decisions = _load(request, choice)
    quarter, workspace, who = stored.quarter, request.workspace, choice.who
    last = find_last_decision(quarter, workspace=workspace, who=who)
    if last is None:
        return None
    retract_decision(last._asdict(), quarter=quarter, workspace=workspace, who=who)
    queue = QUEUES.load(*_load(request, choice), choice.who)
    return find_key(queue, last)


def _load(request: DeskRequest, choice: ReviewChoice) -> tuple[StoredQuarter, pl.DataFrame]:
    stored = load_quarter(request.workspace, choice.quarter)
    with open_store(request.workspace) as store:
        decisions = load_decisions(store.db)
    return stored, select_own_decisions(decisions, choice.who) if choice.blind else decisions


def _read_choice(request: DeskRequest, fields: Mapping[str, str]) -> ReviewChoice:
    """Return the choice of a query or form; the reviewer stays the one of the last page."""
    choice = ReviewChoice.from_query(fields)
    return choice.change(who=(choice.who or _read_reviewer(request))[:MAX_NAME_CHARACTERS])


def _read_reviewer(request: DeskRequest) -> str:
    try:
        cookies = SimpleCookie(request.header("cookie"))
    except CookieError:
        return ""
    held = cookies.get(REVIEWER_COOKIE)
    return unquote(held.value).strip() if held else ""


ROUTES: tuple[Route, ...] = (
    Route(r"/review$", _show_review, needs_quarter=True),
    Route(r"/review/groups$", _show_group),
    Route(r"/review/decide$", _decide, method="POST"),
    Route(r"/review/undo$", _undo, method="POST"),
)
