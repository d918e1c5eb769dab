from django.urls import path

from . import views

app_name = "orders"
urlpatterns = [
    path("", views.order_list, name="orders"),
    path("totals/", views.customer_totals, name="totals"),
    path("<str:number>/invoice/", views.invoice, name="invoice"),
]
