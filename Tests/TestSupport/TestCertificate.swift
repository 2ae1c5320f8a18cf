package import Foundation

/// A certificate for localhost and 127.0.0.1, signed by itself, and its key; for tests only.
package enum TestCertificate {
    /// A new folder with `cert.pem` and `key.pem`.
    package static func write() throws -> URL {
        let folder = try Project.temporaryFolder("till-tls")
        try certificate.write(to: folder.appendingPathComponent("cert.pem"), atomically: true, encoding: .utf8)
        try key.write(to: folder.appendingPathComponent("key.pem"), atomically: true, encoding: .utf8)
        return folder
    }

    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUa2tZodMFgheoV916ZnOXy8tvhG8wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDExMzAxMloYDzIxMjYxMDI3
        MTEzMDEyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARS4r2vKqkrzyZQsYBZP8XYzLSnhqF+EcsO/VCnUFPLdeCjnPOEtILY
        Qi7oPsKroTlaSIoM2z3W8UXbSfumF16qo28wbTAdBgNVHQ4EFgQUu/GmiK9vmUk+
        Sg4WzNqivgVdqTswHwYDVR0jBBgwFoAUu/GmiK9vmUk+Sg4WzNqivgVdqTswDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgJhhOvjzLnEvxD+l9Autb1+7ZDG9NOjpL0S9gAHwu4xACIAMr
        Lzi5AuNLmhIWhQW0rN2cEjB15LvR7Spz288EBfJZ
        -----END CERTIFICATE-----

        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgi0/p8eQq2iRbaKrd
        rtw5fpKUX3uuKs9mLRJbGLecOjmhRANCAARS4r2vKqkrzyZQsYBZP8XYzLSnhqF+
        EcsO/VCnUFPLdeCjnPOEtILYQi7oPsKroTlaSIoM2z3W8UXbSfumF16q
        -----END PRIVATE KEY-----

        """
}
