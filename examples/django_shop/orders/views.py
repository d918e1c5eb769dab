"""The pages for those who send the parcels."""

from collections import defaultdict
from decimal import Decimal

from django.contrib.admin.views.decorators import staff_member_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render

from .models import Customer, Order


@staff_member_required
def order_list(request):
    orders = Order.objects.select_related("customer").order_by("-placed", "number")
    page = Paginator(orders, 50).get_page(request.GET.get("page"))
    return render(request, "orders/order_list.html", {"page": page})


@staff_member_required
def customer_totals(request):
    totals = defaultdict(Decimal)
    for order in Order.objects.filter(paid=True):
        totals[order.customer.id] += order.total
    customers = Customer.objects.in_bulk(list(totals))
    rows = [(customers[key], total) for key, total in sorted(totals.items())]
    return render(request, "orders/customer_totals.html", {"rows": rows})


@staff_member_required
def invoice(request, number):
    orders = Order.objects.select_related("customer").prefetch_related("lines__product")
    return render(request, "orders/invoice.html", {"order": get_object_or_404(orders, number=number)})
