internal import Documents

/// Why a link is not good.
enum LinkRefusal {
    /// A signature that stands in a URL is no credential: a client with a wrong one gets 403 with the reason, and is not asked for another (401).
    static var altered: Refusal {
        var problem = Problem(.badSignature, "the link was altered, or was made for something else: take it as it was given")
        problem.status = 403
        return Refusal(problem: problem, headers: [])
    }

    /// As `altered`, of one whose time is over.
    static func expired(_ instant: Int64) -> Refusal {
        var problem = Problem(.badSignature, "the link was good until \(CalendarText.text(instant: instant)): ask for another")
        problem.status = 403
        return Refusal(problem: problem, headers: [])
    }
}

/// Entity tags (RFC 9110, section 8.8.3).
enum EntityTag {
    /// Whether a list of `If-None-Match` has the tag, weak or not.
    ///
    /// Weakly compared (RFC 9110, 8.8.3.2), as a GET wants it. The list is cut at commas.
    static func matches(_ header: String?, _ tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").map(\.trimmingBlanks).contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
    }
}

/// `Content-Disposition` of a file to be saved (RFC 6266).
enum ContentDisposition {
    /// - Parameter ending: of files of its kind, with the point: a name that has it gets no second one.
    static func attachment(_ name: String, ending: String) -> String { attachment(name.lowercased().hasSuffix(ending) ? name : name + ending) }

    static func attachment(_ name: String) -> String {
        // What every program reads, then what it is: in RFC 8187's form all but a few signs are escaped.
        let plain = String(String.UnicodeScalarView(name.unicodeScalars.map { scalar in
            let isPlain = scalar.value >= 0x20 && scalar.value < 0x7F && !"\"\\/%".unicodeScalars.contains(scalar)
            return isPlain ? scalar : "_"
        }))
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        for byte in name.utf8 {
            let isLetter = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            if isLetter || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") {
                escaped.append(byte)
            } else {
                escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(String(decoding: escaped, as: UTF8.self))"
    }
}

/// Instants in header fields (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// - Parameter instant: microseconds since 1970; what is below a second is cut.
    static func text(instant: Int64) -> String {
        // 2026-11-21T22:44:34…
        let digits = CalendarText.text(instant: instant).split { !$0.isNumber }.compactMap { Int($0) }
        guard digits.count >= 6, (1...12).contains(digits[1]) else { return "" }
        // 1970-01-01 was a Thursday. Rounded down, so that days before count backwards.
        let day = Int((Double(instant) / 86_400_000_000).rounded(.down))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[((day % 7) + 7) % 7]), \(two(digits[2])) \(months[digits[1] - 1]) \(digits[0]) \(two(digits[3])):\(two(digits[4])):\(two(digits[5])) GMT"
    }
}
