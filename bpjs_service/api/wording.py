"""Sentences of Django REST framework that its own Indonesian catalogue lacks.

Nothing imports this module: ``makemessages`` finds the sentences here, so that
``locale`` keeps a translation of each, which wins over the framework's.
"""

from django.utils.translation import gettext_noop as _

SENTENCES = (
    _("Invalid input."),
    _("Malformed request."),
    _('Method "{method}" not allowed.'),
    _("Expected available in {wait} second."),
    _("Expected available in {wait} seconds."),
    _("Must be a valid boolean."),
    _("Not a valid string."),
    _("String value too large."),
    _("A valid number is required."),
    _("Integer value too large to convert to float"),
    _("Expected a datetime but got a date."),
    _("Expected a date but got a datetime."),
    _('Invalid datetime for the timezone "{timezone}".'),
    _("Datetime value out of range."),
    _('Expected a list of items but got type "{input_type}".'),
    _("This list may not be empty."),
    _("Ensure this field has at least {min_length} elements."),
    _("Ensure this field has no more than {max_length} elements."),
    _("Invalid data. Expected a dictionary, but got {datatype}."),
    _("Surrogate characters are not allowed: U+{code_point:X}."),
)
