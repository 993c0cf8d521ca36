using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>An open way to a broker, and what to dispose at its end.</summary>
public sealed class BrokerTransport(PipeReader input, PipeWriter output, IDisposable? owned = null) : IDuplexPipe, IDisposable
{
    private const int ReadBufferBytes = 64 * 1024;

    public PipeReader Input => input;

    public PipeWriter Output => output;

    /// <summary>Opens TCP, and TLS on it when the address says so.</summary>
    public static async Task<BrokerTransport> ConnectAsync(BrokerOptions options, CancellationToken ct)
    {
        Stream stream = await OpenStreamAsync(options, ct);
        return new BrokerTransport(
            PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBufferBytes, leaveOpen: true)),
            PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)),
            stream);
    }

    /// <summary>The bytes below <see cref="ConnectAsync"/>, for a client that reads streams; disposing it closes the connection.</summary>
    public static async Task<Stream> OpenStreamAsync(BrokerOptions options, CancellationToken ct)
    {
        TcpClient client = new() { NoDelay = true };
        try
        {
            await client.ConnectAsync(options.Host, options.Port, ct);
            Stream stream = client.GetStream();
            return options.UseTls ? await SecureAsync(stream, options, ct) : stream;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public void Dispose() => owned?.Dispose();

    private static async Task<Stream> SecureAsync(Stream stream, BrokerOptions options, CancellationToken ct)
    {
        SslStream secure = new(stream);
        try
        {
            await secure.AuthenticateAsClientAsync(Authentication(options), ct);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Authentication(BrokerOptions options)
    {
        SslClientAuthenticationOptions authentication = new() { TargetHost = options.Host };
        if (options.CertificateAuthorityFile is { } authorities)
        {
            authentication.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            authentication.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(authorities);
        }

        if (options.ClientCertificateFile is { } own)
        {
            authentication.ClientCertificateContext = ReadCertificate(own);
        }

        return authentication;
    }

    /// <summary>The certificate and key of a file, with whatever other certificates it holds to lead to the authority.</summary>
    private static SslStreamCertificateContext ReadCertificate(string file)
    {
        try
        {
            X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(file);
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(file);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (CryptographicException fault)
        {
            throw new InvalidDataException($"{file} holds no certificate with its private key, both in PEM: {fault.Message}", fault);
        }
    }
}
