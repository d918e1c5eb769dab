from django import template

register = template.Library()


@register.simple_tag
def byline(book):
    return f"{book.title} by {book.author.name}"


@register.simple_tag
def heading(book):
    return book.title.upper()


@register.filter
def publisher_of(book):
    return book.author.publisher.name


@register.filter
def shortened(value):
    return value[:5]


@register.inclusion_tag("catalog/_tags.html")
def tags_of(book):
    return {"tags": book.tags.all()}


@register.inclusion_tag("catalog/_line.html")
def line_of(book):
    return {"book": book}


@register.simple_tag(takes_context=True)
def greeting(context, book):
    return f"{context['request'].user.username}: {book.title}"
