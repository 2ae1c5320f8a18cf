internal import CCurl

/// The dates of HTTP headers (RFC 9110, section 5.6.7), and whatever else libcurl reads as one.
package enum HTTPDate {
    /// Seconds since 1970; nil for what is no date. Not by Foundation's formatter, which ends the process at some texts.
    package static func seconds(_ text: String) -> Int64? {
        let second = curl_getdate(text, nil)
        return second >= 0 ? Int64(second) : nil
    }
}
