import Foundation

/// Documents of the built-in type `pos-receipt`.
enum Receipts {
    /// - Parameter lines: amounts; the total is their sum.
    static func pos(_ id: String, day: String = "2026-11-19", total: String = "65.00", name: String = "Хліб", extra: String = "") -> String {
        #"{"schema":"pos/1","id":"\#(id)","store":{"id":"S17","till":"3"},"issued_at":"\#(day)T14:03:07+02:00","currency":"UAH","#
            + #""customer":"U0001234","lines":[{"code":"4820000000017","name":"\#(name)","category":"bakery","qty":2,"price":32.50,"vat":20,"#
            + #""amount":\#(total)}],"total":\#(total),"tax_total":10.83,"payment":{"type":"card"}\#(extra)}"#
    }

    static func member(_ name: String, of text: String) -> String? {
        guard let range = text.range(of: #""\#(name)":("[^"]*"|[0-9.]+|null|true|false)"#, options: .regularExpression) else { return nil }
        let value = text[range].dropFirst(name.count + 3)
        return value.hasPrefix("\"") ? String(value.dropFirst().dropLast()) : String(value)
    }
}
