//! Ports and endpoints.

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::*;

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[tokio::test]
async fn a_port_in_use_is_one_line_that_says_what_to_do() {
    let taken = bind(any_port(), "gRPC").await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(address, "gRPC").await.unwrap_err().to_string();
    let expected =
        format!("cannot listen on {address} (gRPC): address in use; choose another port");
    assert!(error.starts_with(&expected), "{error}");
    assert!(!error.contains('\n'));
}

#[tokio::test]
async fn an_address_of_another_machine_is_named() {
    let address = SocketAddr::from(([192, 0, 2, 1], 0));
    let error = bind(address, "admin").await.unwrap_err().to_string();
    assert!(error.contains("no such address on this machine"), "{error}");
}

#[test]
fn a_server_address_may_be_short() {
    for address in ["http://localhost:7655", "http://localhost:7655/"] {
        assert_eq!(
            client_endpoint(address).unwrap().uri().port_u16(),
            Some(7655)
        );
    }
    let short = client_endpoint("localhost:7655").unwrap();
    assert_eq!(short.uri().to_string(), "http://localhost:7655/");
    let ipv6 = client_endpoint("[::1]:7655").unwrap();
    assert_eq!(ipv6.uri().host(), Some("[::1]"));
}

#[test]
fn what_names_no_server_is_refused_with_the_accepted_form() {
    for (address, reason) in [
        ("", "it is no URI"),
        ("https://localhost:7655", "its scheme is not http"),
        ("http://localhost", "it needs a host and a port"),
        ("localhost", "it needs a host and a port"),
        ("http://localhost:7655/path", "it has a path"),
        ("http://local host:1", "it is no URI"),
        ("http://:7655", "it needs a host and a port"),
    ] {
        let error = client_endpoint(address).unwrap_err();
        assert_eq!(error.reason, reason, "{address:?}");
        assert!(
            error
                .to_string()
                .ends_with("accepted: http://HOST:PORT or HOST:PORT")
        );
    }
}

#[test]
fn a_password_in_an_address_is_not_repeated() {
    let error = client_endpoint("http://me:hunter2@localhost:7655").unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_server_answers_and_ends_within_its_bound() {
    let listener = bind(any_port(), "gRPC").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (_, health) = tonic_health::server::health_reporter();
    let serving = server().add_service(health).serve_with_incoming_shutdown(
        connections(listener, 8),
        async {
            let _ = stopped.await;
        },
    );
    let task = tokio::spawn(serving);
    let endpoint = client_endpoint(&address.to_string()).unwrap();
    let mut client = HealthClient::new(endpoint.connect().await.unwrap());
    let request = HealthCheckRequest::default();
    client.check(request.clone()).await.unwrap();
    // A watch never ends by itself: the bound does it.
    let _watch = client.watch(request).await.unwrap();
    stop.send(()).unwrap();
    let began = std::time::Instant::now();
    let bound = Duration::from_millis(200);
    assert!(!finish("gRPC", task, bound).await);
    assert!(began.elapsed() >= bound && began.elapsed() < DRAIN);
}

#[tokio::test]
async fn a_task_that_ends_in_time_is_not_cut() {
    assert!(finish("task", tokio::spawn(async {}), DRAIN).await);
    assert!(!finish("task", tokio::spawn(async { panic!("fails") }), DRAIN).await);
}
