from django.urls import path

from market.pages.instrument import InstrumentPage
from market.pages.market import MarketPage

urlpatterns = [
    path("", MarketPage.as_view(), name="market"),
    path("<str:symbol>/", InstrumentPage.as_view(), name="instrument"),
]
