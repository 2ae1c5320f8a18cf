internal import Documents

/// Why a link is not good.
enum LinkRefusal {
    /// A signature that stands in a URL is no credential: who has a wrong one is told that it is, and not asked for another.
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
    static func matches(_ header: String?, _ tag: String) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").map(\.trimmingBlanks).contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
    }
}

/// `Content-Disposition` of a file to be saved (RFC 6266).
enum ContentDisposition {
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
