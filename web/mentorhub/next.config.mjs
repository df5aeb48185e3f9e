/** The API is what nginx has at this location in production. */
const api = process.env.ANALYTICS_API ?? "http://127.0.0.1:8000";

export default {
  // or it would hold back the event stream; nginx compresses in production
  compress: false,
  eslint: { ignoreDuringBuilds: true },
  rewrites: async () => [
    { source: "/api/v1/analytics/:path*", destination: `${api}/api/v1/analytics/:path*` },
  ],
};
