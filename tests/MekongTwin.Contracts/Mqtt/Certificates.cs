using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MekongTwin.Contracts.Mqtt;

/// <summary>An authority and certificates of it, as PEM files in one folder.</summary>
public sealed class Certificates : IDisposable
{
    private readonly string _folder;
    private readonly X509Certificate2 _authority;

    /// <param name="folder">Where the files go.</param>
    /// <param name="name">The authority's; its certificate is in the file of that name.</param>
    public Certificates(string folder, string name)
    {
        _folder = folder;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(Day(-1), Day(1));
        AuthorityFile = Path.Combine(folder, $"{name}.pem");
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    public string AuthorityFile { get; }

    /// <summary>Writes a certificate for localhost and its key into one file.</summary>
    public string Issue(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(_authority, Day(-0.5), Day(0.5), RandomNumberGenerator.GetBytes(8));
        string file = Path.Combine(_folder, $"{name}.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return file;
    }

    public void Dispose() => _authority.Dispose();

    private static DateTimeOffset Day(double offset) => TimeProvider.System.GetUtcNow().AddDays(offset);
}
