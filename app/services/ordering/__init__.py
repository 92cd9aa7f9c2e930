"""Ordering: the list of what to order, staff's decisions about it, files of stock, exports."""

from app.services.ordering.applied import Uploaded, uploaded, uploads
from app.services.ordering.deciding import mark_ordered, save_edits, undo, undo_order
from app.services.ordering.inputs import Supplied, default_lead, demand, supplied
from app.services.ordering.lists import order_list
from app.services.ordering.reading import (
    Why,
    build,
    categories,
    compare,
    default_service_level,
    fill,
    filtered,
    newest,
    stock_course,
    summary,
    why,
)
from app.services.ordering.views import (
    Conflict,
    Edit,
    Figures,
    Filter,
    OrderList,
    OrderQuestion,
    Placed,
    Saved,
    SupplierGroup,
)
from ml.ordering import Course, Demand

__all__ = [
    "Conflict",
    "Course",
    "Demand",
    "Edit",
    "Figures",
    "Filter",
    "OrderList",
    "OrderQuestion",
    "Placed",
    "Saved",
    "Supplied",
    "SupplierGroup",
    "Uploaded",
    "Why",
    "build",
    "categories",
    "compare",
    "default_lead",
    "default_service_level",
    "demand",
    "fill",
    "filtered",
    "mark_ordered",
    "newest",
    "order_list",
    "save_edits",
    "stock_course",
    "summary",
    "supplied",
    "undo",
    "undo_order",
    "uploaded",
    "uploads",
    "why",
]
