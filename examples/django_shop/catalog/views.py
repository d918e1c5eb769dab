"""The pages of the catalogue."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.views.generic import ListView

from .models import Category, Product


def product_list(request):
    products = Product.objects.filter(available=True).order_by("name")
    page = Paginator(products, 25).get_page(request.GET.get("page"))
    return render(request, "catalog/product_list.html", {"page": page})


def product_detail(request, slug):
    product = get_object_or_404(Product.objects.select_related("maker", "category"), slug=slug)
    return render(request, "catalog/product_detail.html", {"product": product})


class CategoryList(ListView):
    model = Category
    ordering = "name"
    paginate_by = 20
