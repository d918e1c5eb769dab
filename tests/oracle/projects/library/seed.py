from catalog.models import (
    Author,
    Book,
    Chapter,
    Country,
    Cover,
    Film,
    Loan,
    Note,
    Play,
    Publisher,
    Review,
    Tag,
    Wish,
)
from people.models import Card, City, Member


def seed(rows):
    """Everything `rows` times, and below each thing as many more."""
    tags = [Tag.objects.create(word=f"tag {number}") for number in range(rows)]
    for number in range(rows):
        city = City.objects.create(name=f"City {number}")
        member = Member.objects.create(username=f"member{number}", city=city, is_staff=True, is_superuser=True)
        Card.objects.create(member=member, number=f"C{number}")
        country = Country.objects.create(name=f"Country {number}")
        publisher = Publisher.objects.create(name=f"Publisher {number}", country=country)
        mentor = Author.objects.first()
        author = Author.objects.create(name=f"Author {number}", publisher=publisher, mentor=mentor)
        first = None
        for part in range(rows):
            book = Book.objects.create(title=f"Book {number}.{part}", author=author, editor=member)
            first = first or book
            Cover.objects.create(book=book, colour=f"colour {number}.{part}")
            book.tags.set(tags)
            Chapter.objects.create(book=book, heading=f"Chapter of {book.pk}", translator=author)
            Chapter.objects.create(book=book, heading=f"Last of {book.pk}", translator=author)
            Review.objects.create(book=book, writer=member, text=f"Review {book.pk}")
            Note.objects.create(text=f"Note {book.pk}", about=book)
        for part in range(rows):
            Chapter.objects.create(book=first, heading=f"Extra {part}", translator=author)
            Review.objects.create(book=first, writer=member, text=f"Extra {part}")
        Loan.objects.create(book=first, owner=member)
        Loan.objects.create(book=Book.objects.first(), owner=member)
        Wish.objects.create(book=first, owner=member)
        Film.objects.create(name=f"Film {number}", maker=author, producer=publisher)
        Play.objects.create(name=f"Play {number}", maker=author)
