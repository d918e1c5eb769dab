"""Fill the shop with things to sell, and with people who bought some."""

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from catalog.models import Category, Maker, Product
from orders.models import Customer, Order, OrderLine


class Command(BaseCommand):
    help = "Fill an empty shop with example rows."

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=12, help="how many of everything")

    @transaction.atomic
    def handle(self, *args, rows, **options):
        numbers = range(1, rows + 1)
        makers = Maker.objects.bulk_create(Maker(name=f"Maker {n}", country=f"Country {n}") for n in numbers)
        categories = Category.objects.bulk_create(Category(name=f"Category {n}", slug=f"category-{n}") for n in numbers)
        products = Product.objects.bulk_create(
            Product(name=f"Product {n:03}", slug=f"product-{n}", maker=maker, category=category, price=10 + n)
            for n, maker, category in zip(numbers, makers, categories, strict=True)
        )
        customers = Customer.objects.bulk_create(
            Customer(name=f"Customer {n}", email=f"customer{n}@example.com") for n in numbers
        )
        orders = Order.objects.bulk_create(
            Order(number=f"A{n:04}", customer=customer, placed=timezone.now(), paid=True, total=2 * (10 + n))
            for n, customer in zip(numbers, customers, strict=True)
        )
        OrderLine.objects.bulk_create(
            OrderLine(order=order, product=product, quantity=2, price=product.price)
            for order, product in zip(orders, products, strict=True)
        )
        self.stdout.write(f"{rows} products and {rows} orders")
