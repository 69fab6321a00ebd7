use super::*;

#[test]
fn what_is_left_to_write_is_the_request_less_what_was_written() {
    let head = b"POST / HTTP/1.1\r\n\r\n";
    for length in [0, 1, SMALL, SMALL + 1] {
        let body: Vec<u8> = (0..length).map(|index| index as u8).collect();
        let whole = [head.as_slice(), &body].concat();
        let mut front = head.to_vec();
        let request = RequestBytes::new(&mut front, &body);
        assert_eq!((request.len(), request.head), (whole.len(), head.len()));
        assert_eq!(request.rest.is_empty(), length <= SMALL, "{length} bytes");
        for written in 0..=whole.len() {
            let [first, second] = request.after(written);
            assert_eq!([&*first, &*second].concat(), whole[written..]);
        }
    }
}
