/// What to send where.
struct Options {
    var port: UInt16 = 8080
    var key = ""
    var file = ""
    var path = "/v1/receipts"
    var connections = 64
    /// Requests a second; 0 sends the next as soon as an answer is there.
    var rate = 0
    var seconds = 10
    /// Share of requests that ask for the ticket of an earlier answer.
    var getShare = 0.0
    /// The first line of the file to send: later runs send receipts that earlier ones did not.
    var skip = 0

    static let help = """
        usage: till-load --port P --key KEY --file receipts.ndjson|- [options]
        Posts each line of the file as one document to 127.0.0.1 and counts latency from the scheduled time, so that a server that
        stalls cannot hide it (no coordinated omission).
          --path P          what to post to (/v1/receipts)
          --connections N   keep-alive connections (64)
          --rate N          requests a second, evenly spaced; 0: closed loop, as fast as answers come (0)
          --seconds N       how long (10)
          --get-share S     share of GETs of tickets seen so far, 0 to 0.9 (0)
          --skip N          leave out the first N lines of the file
        """

    init?(_ arguments: [String], complain: (String) -> Void) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst(), set(name, value) else {
                complain("\(name): not an option, or no value for it; --help names them")
                return nil
            }
        }
        if file.isEmpty {
            complain("--file is missing")
            return nil
        }
    }

    private mutating func set(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--key": key = value
        case "--file": file = value
        case "--path": path = value
        case "--port":
            guard let number = UInt16(value) else { return false }
            port = number
        case "--connections", "--rate", "--seconds", "--skip":
            guard let number = Int(value), (0...100_000_000).contains(number) else { return false }
            switch name {
            case "--connections": connections = max(number, 1)
            case "--rate": rate = number
            case "--seconds": seconds = max(number, 1)
            default: skip = number
            }
        case "--get-share":
            guard let number = Double(value), (0...0.9).contains(number) else { return false }
            getShare = number
        default: return false
        }
        return true
    }
}
