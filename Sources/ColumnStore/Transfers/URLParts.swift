internal import CCurl

extension OutgoingClient {
    /// Where a URL leads, as libcurl reads it; nil when it reads none.
    package static func parts(of url: String) -> (host: String, port: String, hasCredentials: Bool)? {
        guard let parts = curl_url() else { return nil }
        defer { curl_url_cleanup(parts) }
        guard curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parts, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let host = part(CURLUPART_HOST) else { return nil }
        return (host, part(CURLUPART_PORT, CURLU_DEFAULT_PORT) ?? "", part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil)
    }
}
