rollcall doctor -b 127.0.0.1:9092 -g nobody -t ORDERS
