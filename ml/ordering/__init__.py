"""Ordering: how much of each product to order today, from stock, lead times and a forecast."""

from ml.ordering.budget import spend
from ml.ordering.comparing import compare
from ml.ordering.course import Course, course
from ml.ordering.demand import Demand, from_forecast, from_frame, to_frame
from ml.ordering.filling import fill_up
from ml.ordering.leads import lead_times
from ml.ordering.proposal import propose
from ml.ordering.types import Policy

__all__ = [
    "Course",
    "Demand",
    "Policy",
    "compare",
    "course",
    "fill_up",
    "from_forecast",
    "from_frame",
    "lead_times",
    "propose",
    "spend",
    "to_frame",
]
