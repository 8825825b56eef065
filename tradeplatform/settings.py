"""Django settings, all derived from `tradeplatform.config.Config`."""

from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.templatetags.static import static
from django.utils.module_loading import import_string

from core import clock, logs
from core.addresses import parse_networks
from tradeplatform.config import ROOT, Config, mail_settings

CONFIG = Config()
if CONFIG.clock_start:
    clock.start_at(CONFIG.clock_start)

BASE_DIR = ROOT
STATE_DIR = CONFIG.state_dir.resolve()
SECRET_KEY = CONFIG.secret()
DEBUG = False
ALLOWED_HOSTS = CONFIG.allowed_hosts
TRUSTED_ORIGINS = {CONFIG.public_url.lower()}
WEBHOOK_ALLOW_NETS = parse_networks(CONFIG.webhook_allow_nets)
TRUSTED_PROXIES = tuple(ip_network(net, strict=False) for net in CONFIG.trusted_proxies)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "django_vite",
    "core",
    "accounts",
    "market",
    "signals",
    "backtest",
    "partners",
]

MIDDLEWARE = [
    "core.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "core.middleware.CrossSiteProtection",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LastUse",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "tradeplatform.urls"
ASGI_APPLICATION = "tradeplatform.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tradeplatform.context.frame",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
        },
    }
]
COTTON_DIR = "components"

DATABASES = {"default": dj_database_url.parse(CONFIG.database_url or f"sqlite:///{STATE_DIR}/platform.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that will write takes the lock at its start and waits for it, instead of failing midway.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=268435456;"
            "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON"
        ),
    }
else:
    # Under ASGI every request has a thread of its own, so connections are shared through a pool, not kept by threads.
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.authentication.EmailBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.PlatformHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/market/"

SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_NAME = "kite_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CONFIG.secure
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_SECURE = CONFIG.secure
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = CONFIG.secure
SECURE_HSTS_PRELOAD = CONFIG.secure
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.secure and CONFIG.trusted_proxies else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # core.middleware.CrossSiteProtection stands in for tokens: scripts write with the cookie alone
    "security.W008",  # the proxy that ends TLS redirects; behind it every request looks like plain HTTP
]

LANGUAGE_CODE = "en"
TIME_ZONE = "Asia/Kolkata"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = "tradeplatform.formats"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+[.-][0-9a-zA-Z_-]{8,12}\..+$"
DJANGO_VITE = {
    "default": {"dev_mode": False, "manifest_path": FRONTEND_DIST / ".vite" / "manifest.json", "static_url_prefix": ""}
}
MEDIA_ROOT = STATE_DIR / "media"

BODY_MAX_BYTES = 1_000_000
UPLOAD_MAX_BYTES = 210_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.SessionAuthentication",
        "accounts.authentication.CookieTokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.responses.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.responses.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.responses.exception_handler",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.negotiation.JsonOnly",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NON_FIELD_ERRORS_KEY": "non_field_errors",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Trading platform API",
    "DESCRIPTION": "Market data, strategies, signals, portfolios and partner services. Every operation of every page. "
    "Changes that break a client are marked and listed here; there are none yet.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    # Fields of one name with different choices, and choices under different names.
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "partners.constants.Channel",
        "DeliveryStateEnum": ["pending", "sending", "delivered", "failed", "rejected", "blocked", "held"],
        "JobStateEnum": ["queued", "running", "done", "failed", "cancelled"],
        "SignalStateEnum": ["LIVE", "CLOSED"],
        "SignalOpenEnum": ["OPEN", "CLOSED"],
        "SignalOutcomeEnum": ["OPEN", "TARGET", "SL", "TIME_EXIT", "EXPIRED"],
        "PatternOutcomeEnum": ["won", "lost"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.add_common_errors",
        "partners.api.schema.add_scenarios",
        "partners.api.schema.add_answers",
    ],
}

PUBLIC_URL = CONFIG.public_url
SUPPORT_EMAIL = CONFIG.support_email
CREDENTIALS_KEYS = CONFIG.credential_keys()
ADMIN_REQUIRE_TOTP = CONFIG.admin_require_totp
KITE_LOGIN_ROOT = CONFIG.kite_login_root
#: The page that shows mails instead of sending them exists only where nobody else can reach it.
DEV_MAIL = CONFIG.demo and not CONFIG.email_url
EMAIL_FILE_PATH = STATE_DIR / "mail"
EMAIL_BACKEND = "accounts.mail_files.EmailBackend"
DEFAULT_FROM_EMAIL = f"no-reply@{urlsplit(PUBLIC_URL).hostname}"
if CONFIG.email_url:
    globals().update(mail_settings(CONFIG.email_url))

CELERY_BROKER_URL = CONFIG.redis_url or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
#: A busy process holds no scan or webhook back behind a backtest of half a minute.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_TIME_LIMIT = 60
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 300,
        "unacked_restore_interval": 10,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        # Who publishes while Redis is away is not kept waiting: what must not be lost is a row already.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
    if CONFIG.redis_url
    else {}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ROUTES = {
    "market.*": {"queue": "imports"},
    "backtest.*": {"queue": "backtest"},
    "partners.*": {"queue": "webhooks"},
    "partners.scan_sandbox": {"queue": "scan"},  # an exact name goes before a pattern
    "partners.score_sandbox": {"queue": "imports"},
    "partners.welcome": {"queue": "imports"},
    "signals.scan_fno": {"queue": "scan"},
    "signals.iscore_nightly": {"queue": "imports"},
    "signals.iscore_inputs": {"queue": "imports"},
}
CELERY_TASK_DEFAULT_QUEUE = "default"

REDIS_URL = CONFIG.redis_url
MARKET_PROVIDERS = CONFIG.market_providers
SIMULATED_MARKET_HOURS = CONFIG.simulated_market_hours
SIMULATED_SEED = CONFIG.simulated_seed
LICENSED_REALTIME = CONFIG.licensed_realtime
SEBI_REGISTRATION = CONFIG.sebi_registration
PUBLIC_READS_PER_MINUTE = CONFIG.public_reads_per_minute
YAHOO_API_ROOT = CONFIG.yahoo_api_root
ISCORE_SOURCES = CONFIG.iscore_sources
NEWS_FEEDS = CONFIG.news_feeds
WIKIPEDIA_API_ROOT = CONFIG.wikipedia_api_root
REPLAY_DIR: Path | None = CONFIG.replay_dir
REPLAY_START = CONFIG.replay_start
REPLAY_SPEED = CONFIG.replay_speed

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logs.logging_config(CONFIG.log_level, json=not CONFIG.demo)

ADMIN_SCRIPT = "src/pages/admin.ts"
UNFOLD = {
    "SITE_TITLE": "Trading platform",
    "SITE_HEADER": "Trading platform",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SCRIPTS": [lambda request: import_string("django_vite.templatetags.django_vite.vite_asset_url")(ADMIN_SCRIPT)],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}],
}
