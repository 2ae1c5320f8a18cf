import Glibc

/// x^y for the Zipf tables.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

func complain(_ message: String) {
    let line = Array("till-generate: \(message)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Writes all of `bytes` to standard output; false when the reader has gone.
func emit(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let count = write(STDOUT_FILENO, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            written += count
        }
        return true
    }
}

if CommandLine.arguments.contains("--help") {
    print(Options.help)
    exit(0)
}
guard let options = Options(Array(CommandLine.arguments.dropFirst()), complain: complain) else { exit(2) }

let maker = ReceiptMaker(options: options)
var buffer: [UInt8] = []
buffer.reserveCapacity(1 << 20)
for index in min(options.skip, options.receiptCount)..<options.receiptCount {
    maker.append(receipt: index, to: &buffer)
    if buffer.count > (1 << 20) - 8_192 {
        guard emit(buffer) else { exit(1) }
        buffer.removeAll(keepingCapacity: true)
    }
}
exit(emit(buffer) ? 0 : 1)
