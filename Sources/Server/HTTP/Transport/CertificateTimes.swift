/// When a certificate counts, in seconds since 1970.
struct CertificateTimes: Sendable {
    let validFrom: Int64
    let validTo: Int64

    init(validFrom: Int64, validTo: Int64) { (self.validFrom, self.validTo) = (validFrom, validTo) }

    init(_ certificate: ServerCertificate) { (validFrom, validTo) = (certificate.validFrom, certificate.validTo) }

    /// Says in the log that it is in use now, and where it should not be.
    ///
    /// - Parameters:
    ///   - name: of the certificate in events: `certificate`, `certificate of …`.
    ///   - now: seconds since 1970.
    func noteTaken(_ name: String, file: String, _ log: Log, now: Int64 = CalendarText.now / 1_000_000) {
        let end = CalendarText.text(instant: validTo.multipliedReportingOverflow(by: 1_000_000).partialValue)
        log.info("\(name) taken", ["file": .text(file), "valid_to": .text(end)])
        if now < validFrom || now >= validTo { log.warning("the \(name) is not valid now", ["file": .text(file), "valid_to": .text(end)]) }
    }
}
