//! A record's headers as bytes.
//!
//! rdkafka 0.39 reads a header's name with `to_str().unwrap()`: one record whose header name is not
//! UTF-8, which Kafka does not forbid, would end the polling thread.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::ptr;

use rdkafka::bindings as sys;
use rdkafka::message::BorrowedMessage;

use super::Message;

/// The headers of one record, in order.
#[derive(Clone)]
pub(crate) struct HeaderParts<'a> {
    headers: *const sys::rd_kafka_headers_t,
    next: usize,
    /// The headers are the message's.
    message: PhantomData<&'a [u8]>,
}

impl<'a> HeaderParts<'a> {
    /// The headers of a record that rdkafka handed out.
    pub(crate) fn of(message: &'a BorrowedMessage<'a>) -> Self {
        // SAFETY: the message is alive for 'a.
        unsafe { Self::at(message.ptr()) }
    }

    /// The headers of `message`, a record.
    pub(super) fn within(message: &'a Message<'_>) -> Self {
        if message.surely_has_no_headers() {
            return Self {
                headers: ptr::null_mut(),
                next: 0,
                message: PhantomData,
            };
        }
        // SAFETY: the message is alive for 'a.
        unsafe { Self::at(message.as_ptr()) }
    }

    /// # Safety
    /// `message` is a message that lives for 'a.
    unsafe fn at(message: *const sys::rd_kafka_message_t) -> Self {
        let mut headers = ptr::null_mut();
        // SAFETY: the message lives, and owns its headers, which are parsed in place.
        let error = unsafe { sys::rd_kafka_message_headers(message, &raw mut headers) };
        let found = error == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
            // SAFETY: the headers live as long as the message. Most records have none, and are gone through several times.
            && unsafe { sys::rd_kafka_header_cnt(headers) } > 0;
        Self {
            headers: if found { headers } else { ptr::null_mut() },
            next: 0,
            message: PhantomData,
        }
    }
}

impl<'a> Iterator for HeaderParts<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.headers.is_null() {
            return None;
        }
        let (mut name, mut value, mut length) = (ptr::null(), ptr::null::<c_void>(), 0);
        // SAFETY: the headers belong to a message that lives for 'a, and so do name and value; an
        // index beyond the last header is answered with an error.
        unsafe {
            let error = sys::rd_kafka_header_get_all(
                self.headers,
                self.next,
                &raw mut name,
                &raw mut value,
                &raw mut length,
            );
            if error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || name.is_null() {
                return None;
            }
            self.next += 1;
            let value =
                (!value.is_null()).then(|| std::slice::from_raw_parts(value.cast::<u8>(), length));
            Some((CStr::from_ptr(name).to_bytes(), value))
        }
    }
}
