from django.urls import path

from market.pages.instrument import InstrumentPage
from market.pages.market import MarketPage
from market.pages.styleguide import StyleGuidePage

urlpatterns = [
    path("", MarketPage.as_view(), name="market"),
    path("styleguide/", StyleGuidePage.as_view(), name="styleguide"),
    path("<str:symbol>/", InstrumentPage.as_view(), name="instrument"),
]
