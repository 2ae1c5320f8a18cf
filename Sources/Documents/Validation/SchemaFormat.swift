/// The formats that a type file's schema asserts.
///
/// Others are annotations. Specifications: RFC 3339 (`date`, `date-time`, `time`), RFC 5321, section 4.1.2 (`email`), RFC 3986 (`uri`), RFC 9562,
/// section 4 (`uuid`).
enum SchemaFormat: String, Sendable {
    case date, dateTime = "date-time", time, email, uri, uuid

    /// Whether a text, its escapes resolved, is of the format. Without a locale, without Unicode tables, no allocation for dates and times.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8; valid for the call.
    ///   - count: of bytes.
    func accepts(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        switch self {
        case .date: count == 10 && (TimeText.iso(bytes, count).map { $0.timeOfDay == nil && $0.offset == nil && $0.day != nil } ?? false)
        case .dateTime: Self.isDateTime(bytes, count)
        case .time: Self.isTime(bytes, count)
        case .email: Self.isEmail(UnsafeBufferPointer(start: bytes, count: count))
        case .uri: Self.isURI(UnsafeBufferPointer(start: bytes, count: count))
        case .uuid: Self.isUUID(bytes, count)
        }
    }

    /// RFC 3339's `date-time`: date, `T`, full time.
    private static func isDateTime(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count > 11, bytes[10] | 0x20 == UInt8(ascii: "t") else { return false }
        return SchemaFormat.date.accepts(bytes, 10) && isTime(bytes + 11, count - 11)
    }

    /// RFC 3339's `full-time`: seconds, an offset with a colon, and a leap second where UTC's day ends.
    ///
    /// `23:59:60Z` is a time, and so is `00:59:60+01:00`, which is the same moment.
    private static func isTime(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var reader = DigitReader(bytes: bytes, count: count)
        guard let hour = reader.digits(2), reader.skip(UInt8(ascii: ":")), let minute = reader.digits(2), reader.skip(UInt8(ascii: ":")),
            let second = reader.digits(2), hour < 24, minute < 60, second <= 60
        else { return false }
        if reader.skip(UInt8(ascii: ".")) { guard reader.fraction() != nil else { return false } }
        guard let sign = reader.next else { return false }
        reader.index += 1
        var shift = 0
        if sign | 0x20 != UInt8(ascii: "z") {
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = reader.digits(2), reader.skip(UInt8(ascii: ":")),
                let minutes = reader.digits(2), hours < 24, minutes < 60
            else { return false }
            shift = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
        }
        guard reader.isAtEnd else { return false }
        // The minute of UTC's day: the offset taken off, brought into 0..<1440 from either side.
        let utcMinute = ((hour * 60 + minute - shift) % 1_440 + 1_440) % 1_440
        return second < 60 || utcMinute == 1_439
    }

    /// RFC 5321's `Mailbox`, without comments: a dot-atom or quoted local part, a host name or an address literal.
    ///
    /// Bounds: 64 bytes before the last `@`, 255 behind it, 320 in all. Characters beyond ASCII (RFC 6531) are not taken.
    private static func isEmail(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count <= 320, let at = text.lastIndex(of: UInt8(ascii: "@")), at > 0, at <= 64 else { return false }
        return isLocalPart(Array(text[..<at])) && isDomain(Array(text[(at + 1)...]))
    }

    /// `"anything quoted"`, with `\` before a quote or a backslash; else atoms with dots between them, none of them empty.
    private static func isLocalPart(_ local: [UInt8]) -> Bool {
        if local.count >= 2, local.first == UInt8(ascii: "\""), local.last == UInt8(ascii: "\"") {
            var isEscape = false
            for byte in local.dropFirst().dropLast() {
                guard byte >= 0x20, byte < 0x7F else { return false }
                if isEscape {
                    isEscape = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscape = true
                } else if byte == UInt8(ascii: "\"") {
                    return false
                }
            }
            return !isEscape
        }
        let special = Array("!#$%&'*+-/=?^_`{|}~".utf8)
        return local.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.allSatisfy { isAlphanumeric($0) || special.contains($0) }
        }
    }

    /// `[192.0.2.1]`, `[IPv6:2001:db8::1]`, or labels of 1 to 63 letters, digits and inner hyphens.
    private static func isDomain(_ domain: [UInt8]) -> Bool {
        if domain.first == UInt8(ascii: "["), domain.last == UInt8(ascii: "]") {
            let inner = String(decoding: domain.dropFirst().dropLast(), as: UTF8.self)
            if inner.hasPrefix("IPv6:") { return isIPv6(String(inner.dropFirst(5))) }
            return isIPv4(inner)
        }
        return !domain.isEmpty && domain.count <= 255
            && domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                1...63 ~= label.count && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }

    /// Four numbers below 256 in decimal without zeros before them: RFC 3986's `IPv4address`.
    static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                1...3 ~= part.utf8.count && part.utf8.allSatisfy { $0 &- 0x30 < 10 } && (Int(part) ?? 256) < 256 && (part.utf8.count == 1 || part.first != "0")
            }
    }

    /// Eight groups of up to four hexadecimal digits, the last two perhaps as an IPv4 address; one `::` stands for a run of zero groups (RFC 4291,
    /// section 2.2).
    static func isIPv6(_ text: String) -> Bool {
        var groups = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var groupCountMax = 8
        if let last = groups.last, last.contains(".") {
            guard isIPv4(last) else { return false }
            groups.removeLast()
            groupCountMax = 6
        }
        let isCompressed = text.contains("::")
        if isCompressed {
            guard text.components(separatedBy: "::") == 2, !text.contains(":::") else { return false }
            // A colon alone stands between groups.
            if text.hasPrefix(":"), !text.hasPrefix("::") { return false }
            if text.hasSuffix(":"), !text.hasSuffix("::") { return false }
            if text.hasPrefix("::") { groups.removeFirst() }
            if text.hasSuffix("::") { groups.removeLast() }
            groups.removeAll(where: \.isEmpty)
            guard groups.count < groupCountMax else { return false }
        } else {
            guard groups.count == groupCountMax else { return false }
        }
        return groups.allSatisfy { 1...4 ~= $0.utf8.count && $0.utf8.allSatisfy(isHexDigit) }
    }

    /// RFC 3986's `URI`: a scheme, then characters that a URI may have, brackets in the authority only.
    private static func isURI(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0, isLetter(text[0]) else { return false }
        let schemeExtra = Array("+-.".utf8)
        guard text[..<colon].allSatisfy({ isAlphanumeric($0) || schemeExtra.contains($0) }) else { return false }
        let allowed = Array("-._~:/?#@!$&'()*+,;=%".utf8)
        var rest = Array(text[(colon + 1)...])
        guard rest.count(where: { $0 == UInt8(ascii: "#") }) <= 1 else { return false }
        if rest.starts(with: "//".utf8) {
            let end = rest.dropFirst(2).firstIndex { [0x2F, 0x3F, 0x23].contains($0) } ?? rest.count
            guard isAuthority(Array(rest[2..<end])) else { return false }
            rest = Array(rest[end...])
        }
        return rest.allSatisfy { isAlphanumeric($0) || allowed.contains($0) } && hasWholeEscapes(rest)
    }

    /// A `%` needs its two digits behind it.
    private static func hasWholeEscapes(_ text: [UInt8]) -> Bool {
        for (index, byte) in text.enumerated() where byte == UInt8(ascii: "%") {
            guard index + 2 < text.count, isHexDigit(text[index + 1]), isHexDigit(text[index + 2]) else { return false }
        }
        return true
    }

    /// `user@host:port`: user and port may be left out, the host may be empty (`file:///x`) or an IPv6 address in brackets.
    private static func isAuthority(_ authority: [UInt8]) -> Bool {
        let allowed = Array("-._~!$&'()*+,;=%:".utf8)
        guard hasWholeEscapes(authority) else { return false }
        var host = authority
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            guard authority[..<at].allSatisfy({ isAlphanumeric($0) || allowed.contains($0) }) else { return false }
            host = Array(authority[(at + 1)...])
        }
        var port: [UInt8] = []
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard isIPv6(String(decoding: host[1..<end], as: UTF8.self)) else { return false }
            port = Array(host[(end + 1)...])
        } else if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
            port = Array(host[colon...])
            host = Array(host[..<colon])
            guard host.allSatisfy({ isAlphanumeric($0) || allowed.contains($0) }) else { return false }
        } else {
            guard host.allSatisfy({ isAlphanumeric($0) || allowed.contains($0) }) else { return false }
        }
        return port.isEmpty || port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy { $0 &- 0x30 < 10 }
    }

    /// 8-4-4-4-12 hexadecimal digits of either case; version and variant are not looked at.
    private static func isUUID(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count == 36 else { return false }
        for index in 0..<36 {
            let isHyphen = index == 8 || index == 13 || index == 18 || index == 23
            guard isHyphen ? bytes[index] == UInt8(ascii: "-") : isHexDigit(bytes[index]) else { return false }
        }
        return true
    }

    /// Bit 0x20 is the case of a letter of ASCII; subtracting with wrapping makes one comparison of two.
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || byte &- 0x30 < 10 }
    static func isHexDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 6 }
}

extension String {
    /// How many pieces `separator` makes of it.
    fileprivate func components(separatedBy separator: String) -> Int {
        var count = 1
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
