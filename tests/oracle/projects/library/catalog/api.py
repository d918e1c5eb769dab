from rest_framework import generics, serializers, viewsets
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Author, Book, Chapter, Cover, Publisher, Review, Tag


class PublisherSerializer(serializers.ModelSerializer):  # query: flat
    class Meta:
        model = Publisher
        fields = ["id", "name", "country"]


class BookSerializer(serializers.ModelSerializer):  # query: grows "author" "tags"
    author_name = serializers.CharField(source="author.name")

    class Meta:
        model = Book
        fields = ["id", "title", "author", "author_name", "tags"]


class JoinedBookSerializer(serializers.ModelSerializer):  # query: flat
    author_name = serializers.CharField(source="author.name")
    chapter_words = serializers.SerializerMethodField()
    tags = serializers.StringRelatedField(many=True)

    class Meta:
        model = Book
        fields = ["id", "title", "author", "author_name", "tags", "chapter_words"]

    def get_chapter_words(self, book):
        return book.first_words()  # query: flat


class AuthorSerializer(serializers.ModelSerializer):  # query: grows "publisher"
    publisher = PublisherSerializer()
    titles = serializers.SerializerMethodField()

    class Meta:
        model = Author
        fields = ["id", "name", "publisher", "titles"]

    def get_titles(self, author):
        return [book.title for book in author.books.all()]  # query: grows "books"


class AuthorJoinedSerializer(AuthorSerializer):  # query: flat
    def get_titles(self, author):
        return [book.title for book in author.books.all()]  # query: flat


class ChapterSerializer(serializers.ModelSerializer):  # query: grows "book"
    class Meta:
        model = Chapter
        fields = ["id", "heading", "book", "translator"]
        depth = 1


class CoverSerializer(serializers.ModelSerializer):  # query: flat
    class Meta:
        model = Cover
        fields = ["id", "book", "colour"]


class ReviewSerializer(serializers.Serializer):  # query: grows "book"
    text = serializers.CharField()
    writer = serializers.CharField(source="writer.username")
    book = serializers.SlugRelatedField(slug_field="title", read_only=True)


class TagSerializer(serializers.ModelSerializer):  # query: flat
    class Meta:
        model = Tag
        fields = ["id", "word"]


class Books(viewsets.ModelViewSet):
    queryset = Book.objects.order_by("pk")
    serializer_class = BookSerializer


class JoinedBooks(viewsets.ReadOnlyModelViewSet):
    serializer_class = JoinedBookSerializer

    def get_queryset(self):
        return Book.objects.select_related("author").prefetch_related("tags", "chapters").order_by("pk")


class Authors(generics.ListAPIView):
    queryset = Author.objects.order_by("pk")
    serializer_class = AuthorSerializer


class AuthorsJoined(generics.ListAPIView):
    queryset = Author.objects.select_related("publisher").prefetch_related("books").order_by("pk")

    def get_serializer_class(self):
        return AuthorJoinedSerializer


class Chapters(generics.ListAPIView):
    queryset = Chapter.objects.select_related("translator").order_by("pk")
    serializer_class = ChapterSerializer


class Covers(generics.ListAPIView):
    queryset = Cover.objects.order_by("pk")
    serializer_class = CoverSerializer


@api_view(["GET"])
def reviews(request):
    found = Review.objects.select_related("writer")
    return Response(ReviewSerializer(found, many=True).data)


class TagsView(APIView):
    def get(self, request):
        return Response(TagSerializer(Tag.objects.all(), many=True).data)
