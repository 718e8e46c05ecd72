"""One settings file, driven by the environment; ``checks.py`` refuses bad mixes.

Without ``DATABASE_URL`` and ``REDIS_URL`` the addresses are those of the embedded
servers that ``run.py`` starts.
"""

from datetime import timedelta
from pathlib import Path

import environ
import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from structlog.typing import Processor

from bpjs_service.embedded import addresses

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# -- What kind of deployment this is ------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # log-ins on the front page, own clock
SECRET_KEY = env.str("SECRET_KEY", default="") or addresses.secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)

# -- Apps -----------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_standardized_errors",
    "drf_spectacular",
    "knox",
    "axes",
    "csp",
    "django_structlog",
    "bpjs_service",
    "offices",
    "queueing",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bpjs_service.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "bpjs_service.middleware.RefusalMiddleware",
    "bpjs_service.middleware.LiveOriginMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "bpjs_service.urls"
WSGI_APPLICATION = "bpjs_service.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# -- Servers --------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(addresses.database_url())}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "application_name": "bpjs_service",
    "options": "-c statement_timeout=15000 -c lock_timeout=5000",
    **DATABASES["default"].get("OPTIONS", {}),  # such as sslmode, of DATABASE_URL
}

REDIS_URL = addresses.redis_url()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its logs look like everybody's
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # longer than any task's time limit
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
}
CELERY_TIMEZONE = "Asia/Jakarta"
CELERY_BEAT_SCHEDULE = {
    "close-left-open-tickets": {
        "task": "queueing.close_left_open",
        "schedule": 600,
    },
}

# -- The live stream (a second, small ASGI process) -------------------------------
# Behind a proxy LIVE_URL is a path such as "/live/"; without one the stream has a
# port of its own on the same host and LIVE_PORT says which.
LIVE_URL = env.str("LIVE_URL", default="")
LIVE_PORT = env.int("LIVE_PORT", default=8001)
LIVE_MAX_STREAMS = env.int("LIVE_MAX_STREAMS", default=2000)  # per process

# -- People ---------------------------------------------------------------------
AUTH_USER_MODEL = "offices.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in [
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    ]
]
LOGIN_URL = "offices:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "offices:login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # 15 minutes are 15 minutes
AXES_ENABLE_ACCESS_FAILURE_LOG = True  # the limit of an address counts these
AXES_HANDLER = "offices.lockout.LockoutHandler"
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # the handler counts addresses by itself
AXES_LOCKOUT_CALLABLE = "offices.views.locked_out"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # tokens
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True

# -- Transport and content security -------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$"]  # a container asks without encryption
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
if BEHIND_PROXY := env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    AXES_CLIENT_IP_CALLABLE = "offices.lockout.address_behind_proxy"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# -- Language and time ------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Jakarta"
FORMAT_MODULE_PATH = ["bpjs_service.formats"]

# -- Static files -------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = env.bool("STATIC_FROM_SOURCE", default=True)
WHITENOISE_AUTOREFRESH = DEBUG

# -- REST API -----------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "offices.authentication.DeviceAuthentication",
        "offices.authentication.StaffTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["bpjs_service.api.bodies.ShallowJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["bpjs_service.throttles.ActorThrottle"],
    # Whose X-Forwarded-For is believed: nobody's, or one proxy's in front of us.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "DEFAULT_THROTTLE_RATES": {
        "actor": env.str("API_THROTTLE", default="1200/min"),
        "login": "20/min",
    },
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "bpjs_service.api.errors.ApiExceptionHandler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "bpjs_service",
    "DESCRIPTION": "Everything a kiosk, a board and a counter do.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
}
REST_KNOX = {"TOKEN_TTL": timedelta(hours=12), "AUTH_HEADER_PREFIX": "Token"}

# -- Logs: one line an event, no names, no request bodies ------------------------------
COMMON_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *COMMON_PROCESSORS,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": COMMON_PROCESSORS,
            "processor": structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "logger", "event"], drop_missing=True
            )
            if not DEBUG
            else structlog.dev.ConsoleRenderer(),
        },
    },
    "filters": {
        "exceptions": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: record.exc_info is not None,
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "bpjs_service": {"level": env.str("LOG_LEVEL", default="INFO")},
        # django_structlog has told every answer already; this adds only tracebacks.
        "django.request": {"filters": ["exceptions"]},
    },
}
