"""Every setting of the product, read from the environment in one place.

Secrets have no default: outside development a missing one stops start-up with a sentence.
`make run` provides development values through var/dev.env (see dealership/devserver.py).
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

from crm import phone

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.read_env(BASE_DIR / ".env")
if not env.str("DATABASE_URL", "") and (VAR_DIR / "dev.env").exists():
    # Only where nothing else was configured, so that a development file left in a
    # checkout never leaks DEBUG or its keys into a configured server.
    env.read_env(VAR_DIR / "dev.env")

# --- core ---------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY")
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]

ROOT_URLCONF = "dealership.urls"
ASGI_APPLICATION = "dealership.asgi.application"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Without a server e-mails go to the log.
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds
_user = EMAIL_CONFIG.get("EMAIL_HOST_USER") or ""
DEFAULT_FROM_EMAIL = _user if "@" in _user else f"service-desk@{urlsplit(PUBLIC_BASE_URL).hostname}"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# Recorded calls. No address leads there: voice/views.py hands them out to those who may hear them.
MEDIA_ROOT = env.str("MEDIA_ROOT", str(VAR_DIR / "media"))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# An http origin means a laptop or a test: cookies could not travel if they asked for TLS.
IS_SERVED_BY_TLS = PUBLIC_BASE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = IS_SERVED_BY_TLS
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SESSION_COOKIE_SECURE = IS_SERVED_BY_TLS
CSRF_COOKIE_SECURE = IS_SERVED_BY_TLS
SECURE_HSTS_SECONDS = 31_536_000 if IS_SERVED_BY_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_SERVED_BY_TLS
SECURE_HSTS_PRELOAD = IS_SERVED_BY_TLS
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"hide_links": {"()": "dealership.logs.HideLinks"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_links"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"level": "INFO"} for name in ("crm", "scheduling", "voice", "reminders", "dealership")
    },
}

# --- apps ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # first: it takes over `runserver`
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "django_htmx",
    "import_export",
    "django_celery_beat",
    "axes",
    "crm",
    "scheduling",
    "voice",
    "reminders",
    "dealership",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it replaces the answer to a log-in that is locked
]

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
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Five failed log-ins in a row lock a name for who tried it, told by address: nobody is locked out by a
# stranger, nor a whole store by one colleague.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
PASSWORD_RESET_TIMEOUT = 3600  # seconds; the e-mail says so

UNFOLD = {
    "SITE_TITLE": "Service desk",
    "SITE_HEADER": "Service desk",
    "SITE_SYMBOL": "support_agent",
    "STYLES": [
        lambda request: static("css/site.css"),
        lambda request: static("scheduling/find.css"),
    ],
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": "Service lane",
                "items": [
                    {"title": "Day board", "icon": "view_week", "link": reverse_lazy("day-board")},
                    {
                        "title": "Book a visit",
                        "icon": "add_circle",
                        "link": reverse_lazy("book"),
                        "permission": lambda request: request.user.has_perm("scheduling.add_appointment"),
                    },
                    {
                        "title": "Appointments",
                        "icon": "event",
                        "link": reverse_lazy("admin:scheduling_appointment_changelist"),
                    },
                    {
                        "title": "Customers",
                        "icon": "group",
                        "link": reverse_lazy("admin:crm_customer_changelist"),
                    },
                    {
                        "title": "Reminders",
                        "icon": "notifications",
                        "link": reverse_lazy("admin:reminders_reminder_changelist"),
                    },
                    {
                        "title": "Follow-up tasks",
                        "icon": "task_alt",
                        "link": reverse_lazy("admin:crm_followuptask_changelist"),
                    },
                ],
            },
            {
                "title": "Store",
                "collapsible": True,
                "items": [
                    {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{page}_changelist")}
                    for title, icon, page in (
                        ("Repair orders", "build", "crm_repairorder"),
                        ("Menu", "menu_book", "scheduling_opcode"),
                        ("Opening hours", "schedule", "scheduling_openinghours"),
                        ("Closures", "event_busy", "scheduling_closure"),
                        ("Time off and blocks", "block", "scheduling_allocation"),
                        ("Bays", "garage", "scheduling_bay"),
                        ("Technicians", "engineering", "scheduling_technician"),
                        ("Transport", "airport_shuttle", "scheduling_transportoption"),
                        ("Waitlist", "hourglass_top", "scheduling_waitlistentry"),
                        ("Calendars", "calendar_month", "scheduling_calendarconnection"),
                        ("Rooftops", "storefront", "crm_rooftop"),
                        ("Staff", "badge", "crm_staff"),
                    )
                ],
            },
            {
                "title": "Phone desk",
                "items": [
                    {"title": "Dashboard", "icon": "monitoring", "link": reverse_lazy("dashboard")},
                    {
                        "title": "Calls",
                        "icon": "call",
                        "link": reverse_lazy("calls"),
                        "active": lambda request: (
                            request.path.startswith("/calls/") and request.path != "/calls/live/"
                        ),
                    },
                    {"title": "Live calls", "icon": "graphic_eq", "link": reverse_lazy("live-calls")},
                    {
                        "title": "Texts",
                        "icon": "sms",
                        "link": reverse_lazy("admin:reminders_text_changelist"),
                    },
                    {"title": "Phone", "icon": "dialpad", "link": reverse_lazy("phone")},
                    {
                        "title": "System errors",
                        "icon": "error",
                        "link": reverse_lazy("admin:crm_systemfault_changelist"),
                    },
                    {
                        "title": "Set-up",
                        "icon": "storefront",
                        "link": reverse_lazy("setup"),
                        "permission": lambda request: request.user.has_perm("crm.change_rooftop"),
                    },
                    {
                        "title": "Log-ins",
                        "icon": "key",
                        "link": reverse_lazy("admin:auth_user_changelist"),
                        "permission": lambda request: request.user.has_perm("auth.view_user"),
                    },
                ],
            },
        ],
    },
}

# --- database -----------------------------------------------------------------------------

# Django's backend, with an end to waiting where a caller waits too: crm/patience.py.
DATABASES = {"default": env.db_url("DATABASE_URL", engine="crm.postgresql")}
# Connections a process keeps at most; 0 opens one for each use (the tests do, to drop their database).
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 20)
# After that long without success whoever asks next connects; by itself the pool waits twice as long each time.
DATABASE_POOL = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 2, "reconnect_timeout": 2}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 2,
    "pool": DATABASE_POOL if DATABASE_POOL_SIZE else False,
}
# A connection that was lost while it lay in the pool is replaced before anybody meets it.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- Redis: cache, Channels, Celery -------------------------------------------------------

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
# Each step of asking Redis who is calling: the caller waits meanwhile. See crm/cache.py.
CACHE_ANSWER_SECONDS = 0.02
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}

CELERY_BROKER_URL = REDIS_URL
# A Redis that falls silent: whoever hands over a task goes on without it, the worker connects anew.
# A task that no worker acknowledged comes back after the visibility timeout, which is far beyond any task.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "visibility_timeout": 900,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
# A worker that is replaced first finishes what it has; what is left goes back to the queue.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30.0
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# Interval schedules only: fixed-hour crontabs have been lost in this scheduler's history.
CELERY_BEAT_SCHEDULE = {
    "close-lost-calls": {"task": "voice.tasks.close_lost_calls", "schedule": 60.0},
    "tend-lines": {"task": "voice.tasks.tend_lines", "schedule": 15.0},
    "push-calendars": {"task": "scheduling.tasks.push_calendars", "schedule": 15.0},
    "pull-calendars": {"task": "scheduling.tasks.pull_calendars", "schedule": 30.0},
    "watch-calendars": {"task": "scheduling.tasks.watch_calendars", "schedule": 3600.0},
    "audit-calendars": {"task": "scheduling.tasks.audit_calendars", "schedule": 3600.0},
    "tend-recordings": {"task": "voice.tasks.tend_recordings", "schedule": 300.0},
    "look-back-at-calls": {"task": "voice.tasks.look_back_at_calls", "schedule": 15.0},
    "tell-mentioned": {"task": "voice.tasks.tell_mentioned", "schedule": 60.0, "options": {"expires": 60}},
    "forget-old-calls": {"task": "voice.tasks.forget_old_calls", "schedule": 3600.0},
    "send-texts": {"task": "reminders.tasks.send_texts", "schedule": 15.0, "options": {"expires": 60}},
    "send-daily-summaries": {"task": "dealership.tasks.send_daily_summaries", "schedule": 300.0},
    # A sweep that waited for long is of no more use than the next one.
    "sweep-reminders": {
        "task": "reminders.tasks.sweep_reminders",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "watch-outages": {
        "task": "dealership.tasks.watch_outages",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "worker-heartbeat": {
        "task": "dealership.tasks.heartbeat",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
}

# --- crm ----------------------------------------------------------------------------------

NHTSA_BASE_URL = env.str("NHTSA_BASE_URL", "https://vpic.nhtsa.dot.gov/api")
NHTSA_RECALLS_BASE_URL = env.str("NHTSA_RECALLS_BASE_URL", "https://api.nhtsa.gov")

# Those of the demo store's log-ins, made once by `make run`; without them demo_store makes its own.
DEMO_ADVISOR_PASSWORD = env.str("DEMO_ADVISOR_PASSWORD", "")
DEMO_MANAGER_PASSWORD = env.str("DEMO_MANAGER_PASSWORD", "")
DEMO_OWNER_PASSWORD = env.str("DEMO_OWNER_PASSWORD", "")

# --- calendar -----------------------------------------------------------------------------
# Google Calendar serves the stores that connected one; without it the appointments alone do.

GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", "")
# Instead of an owner's consent: the JSON key of an account that the calendars are shared with.
GOOGLE_SERVICE_ACCOUNT_FILE = env.str("GOOGLE_SERVICE_ACCOUNT_FILE", "")
GOOGLE_API_BASE_URL = env.str("GOOGLE_API_BASE_URL", "https://www.googleapis.com/calendar/v3/")
GOOGLE_TOKEN_URI = env.str("GOOGLE_TOKEN_URI", "https://oauth2.googleapis.com/token")
# Seals what must not be read in a copy of the database. Several, by commas: the first seals, all open.
FIELD_ENCRYPTION_KEY = env.list("FIELD_ENCRYPTION_KEY", default=[])
CALENDAR = "scheduling.calendars.google.GoogleCalendar"

# --- voice --------------------------------------------------------------------------------
# A role is served by the cloud when its key is set, else by the built-in provider.

TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", "")
# Signs every carrier webhook; `make run` generates a local one for the simulated caller.
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN")
TWILIO_PHONE_NUMBER = env.str("TWILIO_PHONE_NUMBER", "")
TWILIO_API_BASE_URL = env.str("TWILIO_API_BASE_URL", "https://api.twilio.com")

# While set, the only number that is ever dialled or texted: for trying things out with real providers.
# However it is written, it is compared as stored numbers are.
YOUR_TEST_NUMBER = env.str("YOUR_TEST_NUMBER", "").strip()
if YOUR_TEST_NUMBER:
    if not (_number := phone.parse(YOUR_TEST_NUMBER)):
        raise ImproperlyConfigured(
            "YOUR_TEST_NUMBER is no telephone number; write it like +12125550123, or leave it empty."
        )
    YOUR_TEST_NUMBER = _number
# Offers in calls that the desk places, like work that was recommended: those need written consent.
ALLOW_MARKETING = env.bool("ALLOW_MARKETING", False)
# Dialled without asking anybody when no store's own number can be looked up: the database is down.
FALLBACK_NUMBER = env.str("FALLBACK_NUMBER", "")
# How long a caller may talk to the person they were transferred to.
TRANSFER_MINUTES = env.int("TRANSFER_MINUTES", 60)
# Recorded audio is deleted after so many days.
AUDIO_RETENTION_DAYS = env.int("AUDIO_RETENTION_DAYS", 30)
# What was said in a call is deleted after so many days; that there was a call stays.
TRANSCRIPT_RETENTION_DAYS = env.int("TRANSCRIPT_RETENTION_DAYS", 180)

# Media sockets of one process that are open and not yet a call: without the carrier's signature, and
# as many again with it. The start message is the first one, so that a socket waits for milliseconds.
MEDIA_WAITING_SOCKETS = env.int("MEDIA_WAITING_SOCKETS", 128)
MEDIA_WAITING_SOCKETS_PER_ADDRESS = env.int("MEDIA_WAITING_SOCKETS_PER_ADDRESS", 16)

DEEPGRAM_API_KEY = env.str("DEEPGRAM_API_KEY", "")
DEEPGRAM_BASE_URL = env.str("DEEPGRAM_BASE_URL", "https://api.deepgram.com")
DEEPGRAM_STT_MODEL = env.str("DEEPGRAM_STT_MODEL", "nova-2-phonecall")
DEEPGRAM_TTS_MODEL = env.str("DEEPGRAM_TTS_MODEL", "aura-2-asteria-en")
# Silence after which Nova calls a pause. Short, for the desk decides itself when a caller has finished
# (voice/listening.py) and needs the words early; 300 is the cautious value.
DEEPGRAM_ENDPOINTING_MS = env.int("DEEPGRAM_ENDPOINTING_MS", 10)

OPENAI_API_KEY = env.str("OPENAI_API_KEY", "")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", "https://api.openai.com/v1")
OPENAI_MODELS = env.list("OPENAI_MODELS", default=["gpt-4o", "gpt-5.4-mini"])

# What the providers ask, in dollars, for the estimate beside each call. Theirs are list prices: write your own.
PRICES: dict[str, Any] = {
    "million_tokens": {"gpt-4o": (2.50, 10.00), "gpt-5.4-mini": (0.75, 4.50)},  # in, out
    "minute_heard": 0.0058,
    "thousand_characters": 0.030,
    "minute_on_the_line": 0.0125,  # the call and its media stream
}

# A folder, or the name of a model that faster-whisper knows; empty: the packaged tiny.en.
LOCAL_STT_MODEL = env.str("LOCAL_STT_MODEL", "")

TRANSCRIBER = "voice.speech.local.LocalTranscriber"
SYNTHESIZER = "voice.speech.local.LocalSynthesizer"
if DEEPGRAM_API_KEY:
    TRANSCRIBER = (
        "voice.speech.flux.DeepgramFluxTranscriber"
        if DEEPGRAM_STT_MODEL.startswith("flux")
        else "voice.speech.nova.DeepgramTranscriber"
    )
    SYNTHESIZER = "voice.speech.aura.DeepgramSynthesizer"
REPLY_MODEL = (
    "voice.replies.openai.OpenAIReplies" if OPENAI_API_KEY else "voice.replies.builtin.BuiltinReplies"
)
# How long a process that is to end waits for its calls; the longest call takes 15 minutes.
DRAIN_SECONDS = env.int("DRAIN_SECONDS", 900)
CARRIERS = {
    "twilio": "voice.carriers.twilio.TwilioCarrier",
    "browser": "voice.carriers.browser.BrowserCarrier",
}
CALL_CONTROL = "voice.carriers.twilio.TwilioControl"
RECORDER = "voice.carriers.twilio.TwilioRecorder"
DIALER = "voice.carriers.twilio.TwilioDialer"
TEXTER = "voice.carriers.twilio.TwilioTexter"

# --- reminders ----------------------------------------------------------------------------

# Wall times between which people are rung, in the store's zone and in that of their area code.
CALL_WINDOW = env.str("CALL_WINDOW", "09:00-19:00")
# A yes to calls and texts that is older counts only where the customer was heard from at the number since; 0: for ever.
REASSIGNED_CHECK_DAYS = env.int("REASSIGNED_CHECK_DAYS", 90)
# With an hour all reminder calls are due then, the day before; without, each at the wall time of its visit.
WORKER_REMINDER_HOUR = env.int("WORKER_REMINDER_HOUR", None)
# The zone of that hour; empty: the store's own.
WORKER_REMINDER_TIMEZONE = env.str("WORKER_REMINDER_TIMEZONE", "")
