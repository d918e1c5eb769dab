"""What is known, by name, of the functions, methods, filters and tags that rows may be handed to without going out of
sight. https://docs.djangoproject.com/en/stable/ref/models/querysets/
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Methods that give the same rows, or some of them, or a queryset of them.
KEEPING = words(
    """all filter exclude order_by annotate alias distinct only defer using none reverse union intersection difference
    select_related prefetch_related first last get earliest latest iterator in_bulk fetch_mode get_or_create items
    values pop popitem copy page get_page get_queryset __iter__ aiterator afirst alast aget next complex_filter extra"""
)
# Those of them that fetch rows.
FETCHING = words(
    "first last get earliest latest iterator in_bulk get_or_create __iter__ aiterator afirst alast aget next"
)
# Methods that give rows of what they hold, and attributes that do.
GIVING = words("object_list previous next list grouper")
# Methods and attributes that give no row.
PLAIN = words(
    """count exists aggregate values_list keys index isdigit number paginator has_next has_previous
    has_other_pages next_page_number previous_page_number start_index end_index num_pages page_range dates datetimes
    explain contains acount aexists pk id DoesNotExist ordered query db"""
)
# Methods that put something into a list, set or dict.
MUTATING = words("append add extend update insert setdefault appendleft remove discard sort clear")
# Methods by which a row is only compared: a query asks for its key.
ASKING = words("filter exclude get")
# Of a model's class and its state: no row, no relation.
ABOUT = words("_meta _state __class__ __name__ objects _default_manager")
# What Python calls unasked: a model that has one of its own is not followed.
DUNDERS = words(
    """__getattr__ __getattribute__ __eq__ __hash__ __lt__ __gt__ __bool__ __len__ __iter__ __getitem__ __contains__
    __call__ __html__ __del__"""
)
CACHING = words("cache lru_cache memoize cached cache_memoize contextmanager singledispatch")
SCOPES = words("locals vars globals")
LOGGING = words("debug info warning error exception critical log write writerow writerows join format success")
WRITING = words("save delete asave adelete create acreate")
PURE = words(
    """builtins.len builtins.isinstance builtins.issubclass builtins.id builtins.hash builtins.bool builtins.type
    builtins.range builtins.callable builtins.any builtins.all builtins.dir"""
)


def named(texts: dict[str, str]) -> frozenset[str]:
    """Dotted names, by module."""
    return frozenset(f"{module}.{name}" for module, names in texts.items() for name in names.split())


# Functions that give the rows on.
ROW_FUNCTIONS = named(
    {
        "builtins": "list tuple set frozenset dict sorted reversed enumerate zip iter next map filter min max sum",
        "itertools": "chain chain.from_iterable islice groupby zip_longest",
        "collections": "defaultdict OrderedDict deque Counter",
        "functools": "reduce",
        "django.shortcuts": "get_object_or_404 get_list_or_404",
        "django.core.paginator": "Paginator",
    }
)
# Functions that make a text of what they are given.
TEXT_FUNCTIONS = named(
    {
        "builtins": "str repr print format",
        "django.utils.html": "escape conditional_escape format_html format_html_join strip_tags",
        "django.utils.safestring": "mark_safe SafeString",
        "django.utils.text": "slugify format_lazy capfirst",
        "django.utils.encoding": "force_str smart_str force_text",
        "django.utils.translation": "gettext ngettext gettext_lazy pgettext",
        "django.urls": "reverse",
        "urllib.parse": "quote urlencode",
    }
)
# Where the template and the context stand among the arguments.
RENDERING = {
    "django.shortcuts.render": (1, 2),
    "django.template.loader.render_to_string": (0, 1),
    "django.template.response.TemplateResponse": (1, 2),
}
ROW_FILTERS = words(
    "default default_if_none safe first last random slice dictsort dictsortreversed safeseq list reverse sort batch d"
)
TEXT_FILTERS = words(
    """upper lower title truncatechars truncatewords capfirst linebreaks linebreaksbr
    slugify stringformat urlize striptags string truncate e escape force_escape join unordered_list add date time
    floatformat intcomma divisibleby ljust rjust center wordcount urlencode escapejs addslashes cut linenumbers
    make_list phone2numeric timesince timeuntil filesizeformat naturaltime naturalday"""
)
COUNTING_FILTERS = words("length length_is count pluralize yesno")
TEXT_TAGS = words(
    """url firstof cycle ifchanged widthratio trans translate blocktrans blocktranslate now static resetcycle
    querystring"""
)
