sleep 3; rollcall explain PRICES
