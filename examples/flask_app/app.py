"""A book club: members lend each other books and meet to talk about them."""

import datetime
import os
import secrets
from functools import wraps

from flask import Flask, abort, flash, g, redirect, render_template, request, session, url_for
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect, FlaskForm
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms import DateField, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

LOAN_DAYS = 28

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("BOOK_CLUB_SECRET_KEY") or secrets.token_hex()
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("BOOK_CLUB_DATABASE", "sqlite:///book_club.sqlite3")
db = SQLAlchemy(app)
csrf = CSRFProtect(app)


# ---------------------------------------------------------------------- models


class Member(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), unique=True, nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)
    loans = db.relationship("Loan", back_populates="member")


class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200), nullable=False)
    author = db.Column(db.String(120), nullable=False)
    year = db.Column(db.Integer)
    owner_id = db.Column(db.ForeignKey("member.id"), nullable=False)
    owner = db.relationship("Member")
    loans = db.relationship("Loan", back_populates="book", cascade="all, delete-orphan")


class Loan(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    book_id = db.Column(db.ForeignKey("book.id"), nullable=False)
    member_id = db.Column(db.ForeignKey("member.id"), nullable=False)
    due = db.Column(db.Date, nullable=False)
    returned = db.Column(db.Date)
    book = db.relationship("Book", back_populates="loans")
    member = db.relationship("Member", back_populates="loans")


guests = db.Table(
    "guests",
    db.Column("event_id", db.ForeignKey("event.id"), primary_key=True),
    db.Column("member_id", db.ForeignKey("member.id"), primary_key=True),
)


class Event(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200), nullable=False)
    day = db.Column(db.Date, nullable=False)
    about = db.Column(db.Text, nullable=False, default="")
    host_id = db.Column(db.ForeignKey("member.id"), nullable=False)
    host = db.relationship("Member")
    guests = db.relationship("Member", secondary=guests)


# ----------------------------------------------------------------------- forms


class CredentialsForm(FlaskForm):
    name = StringField("Name", validators=[DataRequired(), Length(max=80)])
    password = PasswordField("Password", validators=[DataRequired(), Length(min=8)])


class BookForm(FlaskForm):
    title = StringField("Title", validators=[DataRequired(), Length(max=200)])
    author = StringField("Author", validators=[DataRequired(), Length(max=120)])
    year = IntegerField("Year", validators=[Optional(), NumberRange(min=0, max=2100)])


class EventForm(FlaskForm):
    title = StringField("Title", validators=[DataRequired(), Length(max=200)])
    day = DateField("Day", validators=[DataRequired()])
    about = TextAreaField("About")


# ----------------------------------------------------------------------- login


@app.before_request
def load_member():
    member_id = session.get("member_id")
    g.member = db.session.get(Member, member_id) if member_id is not None else None


def login_required(view):
    @wraps(view)
    def wrapped(*args, **kwargs):
        if g.member is None:
            return redirect(url_for("login"))
        return view(*args, **kwargs)

    return wrapped


@app.cli.command("init-db")
def init_db():
    """Create the tables."""
    db.create_all()


# ------------------------------------------------------------------------ home


@app.route("/")
def home():
    newest = db.session.scalars(db.select(Book).order_by(Book.id.desc()).limit(5)).all()
    coming = db.select(Event).where(Event.day >= datetime.date.today()).order_by(Event.day).limit(3)
    return render_template("home.html", newest=newest, events=db.session.scalars(coming).all())


# ----------------------------------------------------------------------- books


@app.route("/books")
def book_list():
    query = db.select(Book).options(joinedload(Book.owner)).order_by(Book.title)
    return render_template("books/list.html", books=db.paginate(query, per_page=20), words="")


@app.route("/books/search")
def book_search():
    words = request.args.get("q", "")
    found = db.select(Book).where(Book.title.contains(words, autoescape=True))
    query = found.options(joinedload(Book.owner)).order_by(Book.title)
    return render_template("books/list.html", books=db.paginate(query, per_page=20), words=words)


@app.route("/books/<int:book_id>")
def book_detail(book_id):
    book = db.get_or_404(Book, book_id, options=[joinedload(Book.owner)])
    lent = db.session.scalar(db.select(Loan).where(Loan.book_id == book.id, Loan.returned.is_(None)))
    return render_template("books/detail.html", book=book, lent=lent)


@app.route("/books/new", methods=["GET", "POST"])
@login_required
def book_new():
    form = BookForm()
    if form.validate_on_submit():
        book = Book(title=form.title.data, author=form.author.data, year=form.year.data, owner_id=g.member.id)
        db.session.add(book)
        db.session.commit()
        return redirect(url_for("book_detail", book_id=book.id))
    return render_template("form.html", form=form, heading="Lend a book")


@app.route("/books/<int:book_id>/edit", methods=["GET", "POST"])
@login_required
def book_edit(book_id):
    book = own_book(book_id)
    form = BookForm(obj=book)
    if form.validate_on_submit():
        form.populate_obj(book)
        db.session.commit()
        return redirect(url_for("book_detail", book_id=book.id))
    return render_template("form.html", form=form, heading=f"Edit {book.title}")


@app.route("/books/<int:book_id>/delete", methods=["POST"])
@login_required
def book_delete(book_id):
    db.session.delete(own_book(book_id))
    db.session.commit()
    flash("The book is gone.")
    return redirect(url_for("book_list"))


def own_book(book_id):
    book = db.get_or_404(Book, book_id)
    if book.owner_id != g.member.id:
        abort(403)
    return book


@app.route("/api/books")
def api_books():
    books = db.session.scalars(db.select(Book).options(joinedload(Book.owner)).order_by(Book.id).limit(100))
    return [{"id": book.id, "title": book.title, "author": book.author, "owner": book.owner.name} for book in books]


# ----------------------------------------------------------------------- loans


@app.route("/books/<int:book_id>/loans", methods=["POST"])
@login_required
def loan_new(book_id):
    book = db.get_or_404(Book, book_id)
    if db.session.scalar(db.select(Loan.id).where(Loan.book_id == book.id, Loan.returned.is_(None))) is not None:
        abort(409, "This book is lent already.")
    due = datetime.date.today() + datetime.timedelta(days=LOAN_DAYS)
    db.session.add(Loan(book_id=book.id, member_id=g.member.id, due=due))
    db.session.commit()
    return redirect(url_for("loan_list"))


@app.route("/loans")
@login_required
def loan_list():
    query = db.select(Loan).options(joinedload(Loan.book)).where(Loan.member_id == g.member.id).order_by(Loan.due)
    return render_template("loans/list.html", loans=db.session.scalars(query).all(), heading="Your loans")


@app.route("/loans/overdue")
@login_required
def loan_overdue():
    query = (
        db.select(Loan)
        .options(joinedload(Loan.book))
        .where(Loan.member_id == g.member.id, Loan.returned.is_(None), Loan.due < datetime.date.today())
        .order_by(Loan.due)
    )
    return render_template("loans/list.html", loans=db.session.scalars(query).all(), heading="Overdue")


@app.route("/loans/<int:loan_id>/return", methods=["POST"])
@login_required
def loan_return(loan_id):
    loan = db.get_or_404(Loan, loan_id)
    if loan.member_id != g.member.id:
        abort(403)
    loan.returned = datetime.date.today()
    db.session.commit()
    return redirect(url_for("loan_list"))


# --------------------------------------------------------------------- members


@app.route("/members")
@login_required
def member_list():
    query = db.select(Member).order_by(Member.name)
    return render_template("members/list.html", members=db.paginate(query, per_page=50))


@app.route("/members/<int:member_id>")
@login_required
def member_detail(member_id):
    member = db.get_or_404(Member, member_id)
    books = db.session.scalars(db.select(Book).where(Book.owner_id == member.id).order_by(Book.title)).all()
    return render_template("members/detail.html", member=member, books=books)


@app.route("/members/register", methods=["GET", "POST"])
def register():
    form = CredentialsForm()
    if form.validate_on_submit():
        if db.session.scalar(db.select(Member.id).where(Member.name == form.name.data)) is not None:
            flash("That name is taken.")
        else:
            member = Member(name=form.name.data, password_hash=generate_password_hash(form.password.data))
            db.session.add(member)
            db.session.commit()
            session["member_id"] = member.id
            return redirect(url_for("home"))
    return render_template("form.html", form=form, heading="Join the club")


@app.route("/members/login", methods=["GET", "POST"])
def login():
    form = CredentialsForm()
    if form.validate_on_submit():
        member = db.session.scalar(db.select(Member).where(Member.name == form.name.data))
        if member is not None and check_password_hash(member.password_hash, form.password.data):
            session.clear()
            session["member_id"] = member.id
            return redirect(url_for("home"))
        flash("Unknown name or wrong password.")
    return render_template("form.html", form=form, heading="Log in")


@app.route("/members/logout", methods=["POST"])
def logout():
    session.clear()
    return redirect(url_for("home"))


# ---------------------------------------------------------------------- events


@app.route("/events")
def event_list():
    query = db.select(Event).options(joinedload(Event.host)).order_by(Event.day.desc())
    return render_template("events/list.html", events=db.paginate(query, per_page=20))


@app.route("/events/new", methods=["GET", "POST"])
@login_required
def event_new():
    form = EventForm()
    if form.validate_on_submit():
        event = Event(title=form.title.data, day=form.day.data, about=form.about.data, host_id=g.member.id)
        db.session.add(event)
        db.session.commit()
        return redirect(url_for("event_detail", event_id=event.id))
    return render_template("form.html", form=form, heading="Invite the club")


@app.route("/events/<int:event_id>")
def event_detail(event_id):
    event = db.get_or_404(Event, event_id, options=[joinedload(Event.host), selectinload(Event.guests)])
    return render_template("events/detail.html", event=event)


@app.route("/events/<int:event_id>/join", methods=["POST"])
@login_required
def event_join(event_id):
    event = db.get_or_404(Event, event_id, options=[selectinload(Event.guests)])
    if g.member not in event.guests:
        event.guests.append(g.member)
        db.session.commit()
    return redirect(url_for("event_detail", event_id=event.id))
