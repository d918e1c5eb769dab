from django.contrib import admin

from .models import Category, Maker, Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "price", "maker", "available"]
    search_fields = ["name"]


@admin.register(Maker)
class MakerAdmin(admin.ModelAdmin):
    list_display = ["name", "country"]


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name"]
