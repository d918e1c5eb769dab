"""Managers, querysets of one's own, methods and properties of models, inheritance, relations of every kind."""

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType

from people.models import Card, City, Member

from .models import Author, Book, Classic, Cover, Film, Loan, Note, Play, Publisher, Review, Wish, Work


def own_queryset():
    return [book.author.name for book in Book.objects.printed()]  # query: grows "author"


def own_queryset_joined():
    return [book.author.name for book in Book.objects.printed().with_author()]  # query: flat


def own_queryset_joined_first():
    return [book.author.name for book in Book.objects.with_author().printed()]  # query: flat


def own_queryset_with_everything():
    books = Book.objects.with_everything()
    return [(book.author.name, book.tag_words(), book.first_words()) for book in books]  # query: flat


def own_queryset_with_everything_but():
    books = Book.objects.with_everything()
    return [(book.author.name, book.editor.username) for book in books]  # query: grows "editor"


def on_related_manager():
    author = Author.objects.first()
    return [book.editor.username for book in author.books.printed()]  # query: grows "editor"


def on_related_manager_joined():
    author = Author.objects.first()
    return [book.author.name for book in author.books.printed().with_author()]  # query: flat


def manager_from_queryset():
    return [review.writer.username for review in Review.objects.recent()]  # query: grows "writer"


def manager_from_queryset_joined():
    return [review.writer.username for review in Review.objects.shown().with_writer()]  # query: flat


def manager_that_joins():
    return [loan.book.title for loan in Loan.objects.all()]  # query: flat


def manager_that_joins_and_on():
    return [loan.book.author.name for loan in Loan.objects.all()]  # query: grows "book__author"


def other_manager():
    return [loan.book.title for loan in Loan.plain.all()]  # query: grows "book"


def default_manager():
    return [loan.book.title for loan in Loan._default_manager.all()]  # query: flat


def manager_of_reverse_set():
    book = Book.objects.first()
    return [loan.owner.username for loan in book.loans.all()]  # query: grows "owner"


def abstract_property():
    return [loan.owner_name for loan in Loan.objects.all()]  # query: grows "owner"


def abstract_property_joined():
    return [wish.owner_name for wish in Wish.objects.select_related("owner")]  # query: flat


def property_of_row():
    return [book.author_name for book in Book.objects.all()]  # query: grows "author"


def property_of_row_joined():
    return [book.author_name for book in Book.objects.select_related("author")]  # query: flat


def property_without_relation():
    return [book.length for book in Book.objects.all()]  # query: flat


def cached():
    return [book.imprint for book in Book.objects.all()]  # query: grows "author__publisher"


def cached_joined():
    return [book.imprint for book in Book.objects.select_related("author__publisher")]  # query: flat


def address():
    return [book.get_absolute_url() for book in Book.objects.all()]  # query: grows "author"


def address_of_key():
    return [book.get_key_url() for book in Book.objects.all()]  # query: flat


def method_through_set():
    return [book.first_words() for book in Book.objects.all()]  # query: grows "chapters"


def method_through_set_prefetched():
    return [book.first_words() for book in Book.objects.prefetch_related("chapters")]  # query: flat


def method_through_many():
    return [book.tag_words() for book in Book.objects.all()]  # query: grows "tags"


def method_of_author():
    return [author.titles() for author in Author.objects.all()]  # query: grows "books"


def proxy():
    return [classic.credit() for classic in Classic.objects.all()]  # query: grows "author"


def proxy_joined():
    return [classic.credit() for classic in Classic.objects.select_related("author")]  # query: flat


def proxy_own_method():
    return [classic.length for classic in Classic.objects.all()]  # query: flat


def text_of_review():
    return [str(review) for review in Review.objects.all()]  # query: grows "writer"


def text_of_card():
    return [f"{card}" for card in Card.objects.all()]  # query: grows "member"


def text_of_card_joined():
    return [f"{card}" for card in Card.objects.select_related("member")]  # query: flat


def child_of_inheritance():
    return [film.name for film in Film.objects.all()]  # query: flat


def child_and_inherited_key():
    return [film.maker.name for film in Film.objects.all()]  # query: grows "maker"


def child_and_own_key():
    return [film.producer.name for film in Film.objects.all()]  # query: grows "producer"


def child_joined():
    films = Film.objects.select_related("maker", "producer__country")
    return [(film.maker.name, str(film.producer)) for film in films]  # query: flat


def child_to_parent():
    return [play.work_ptr.name for play in Play.objects.all()]  # query: flat


def parent_to_child():
    works = Work.objects.filter(film__isnull=False)
    return [work.film.name for work in works]  # query: grows "film"


def parent_to_child_joined():
    works = Work.objects.filter(film__isnull=False).select_related("film")
    return [work.film.name for work in works]  # query: flat


def parent_only():
    return [work.name for work in Work.objects.all()]  # query: flat


def one_to_one_forward():
    return [cover.book.title for cover in Cover.objects.all()]  # query: grows "book"


def one_to_one_forward_joined():
    return [cover.book.title for cover in Cover.objects.select_related("book")]  # query: flat


def one_to_one_backward():
    return [book.cover.colour for book in Book.objects.all()]  # query: grows "cover"


def one_to_one_backward_joined():
    return [book.cover.colour for book in Book.objects.select_related("cover")]  # query: flat


def one_to_one_backward_prefetched():
    return [book.cover.colour for book in Book.objects.prefetch_related("cover")]  # query: flat


def one_to_one_there():
    return [hasattr(book, "cover") for book in Book.objects.all()]  # query: grows "cover"


def one_to_one_there_joined():
    return [hasattr(book, "cover") for book in Book.objects.select_related("cover")]  # query: flat


def attribute_there():
    return [hasattr(book, "title") for book in Book.objects.all()]  # query: flat


def one_to_one_and_back():
    return [member.card.member.username for member in Member.objects.select_related("card")]  # query: flat


def generic_key():
    return [note.about.title for note in Note.objects.all()]  # query: grows "about"


def generic_key_prefetched():
    return [note.about.title for note in Note.objects.prefetch_related("about")]  # query: flat


def generic_key_not_followed():
    return [(note.content_type_id, note.object_id) for note in Note.objects.all()]  # query: flat


def generic_relation():
    return [[note.text for note in book.notes.all()] for book in Book.objects.all()]  # query: grows "notes"


def generic_relation_prefetched():
    return [[note.text for note in book.notes.all()] for book in Book.objects.prefetch_related("notes")]  # query: flat


def content_type_cached():
    found = ContentType.objects.get_for_model(Book)
    return [ContentType.objects.get_for_id(note.content_type_id) == found for note in Note.objects.all()]  # query: flat


def content_type_read():
    return [note.content_type.model for note in Note.objects.all()]  # query: grows "content_type"


def user_model():
    return [member.city.name for member in get_user_model().objects.all()]  # query: grows "city"


def user_model_joined():
    return [member.shown for member in get_user_model().objects.select_related("city")]  # query: flat


def user_model_property():
    return [member.shown for member in Member.objects.all()]  # query: grows "city"


def user_model_reverse():
    return [[member.username for member in city.members.all()] for city in City.objects.all()]  # query: grows "members"


def groups_of_users():
    return [[group.name for group in member.groups.all()] for member in Member.objects.all()]  # query: grows "groups"


def groups_of_users_prefetched():
    members = Member.objects.prefetch_related("groups__permissions")
    return [[group.name for group in member.groups.all()] for member in members]  # query: flat


def to_itself():
    return [author.mentor.name for author in Author.objects.exclude(mentor=None)]  # query: grows "mentor"


def to_itself_joined():
    return [author.mentor.name for author in Author.objects.exclude(mentor=None).select_related("mentor")]  # query: flat


def pupils():
    return [[pupil.name for pupil in author.pupils.all()] for author in Author.objects.all()]  # query: grows "pupils"


def key_of_relation():
    return [book.author_id for book in Book.objects.all()]  # query: flat


def key_through_relation():
    return [book.author.id for book in Book.objects.all()]  # query: grows "author"


def key_through_relation_joined():
    return [book.author.pk for book in Book.objects.select_related("author")]  # query: flat


def compared_by_row():
    author = Author.objects.first()
    return [book.pk for book in Book.objects.all() if book.author == author]  # query: grows "author"


def compared_by_key():
    author = Author.objects.first()
    return [book.pk for book in Book.objects.all() if book.author_id == author.pk]  # query: flat


def nullable_key_by_key():
    return [book.editor_id is None for book in Book.objects.all()]  # query: flat


def nullable_key_by_row():
    return [book.editor is None for book in Book.objects.all()]  # query: grows "editor"


def annotated_parameter(publisher: Publisher | None = None):
    return None if publisher is None else publisher.country.name


def rows_of_class_method():
    return [book.title for book in Book.objects.all() if isinstance(book, Book)]  # query: flat


def child_to_parent_and_on():
    return [play.work_ptr.maker.name for play in Play.objects.all()]  # query: grows "work_ptr__maker"
