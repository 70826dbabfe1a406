rollcall explain PRICES
